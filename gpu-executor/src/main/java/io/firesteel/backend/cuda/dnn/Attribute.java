package io.firesteel.backend.cuda.dnn;

/** The attributes of cuDNN 9's descriptors that are used here, with their numbers and types as in its public header. */
enum Attribute {
    POINTWISE_MODE(0, AttributeType.POINTWISE_MODE),
    POINTWISE_COMPUTE_TYPE(1, AttributeType.DATA_TYPE),
    POINTWISE_RELU_LOWER_CLIP(3, AttributeType.DOUBLE),
    POINTWISE_RELU_UPPER_CLIP(4, AttributeType.DOUBLE),
    POINTWISE_RELU_LOWER_SLOPE(5, AttributeType.DOUBLE),
    POINTWISE_ELU_ALPHA(6, AttributeType.DOUBLE),
    POINTWISE_SOFTPLUS_BETA(7, AttributeType.DOUBLE),
    POINTWISE_SWISH_BETA(8, AttributeType.DOUBLE),

    CONVOLUTION_COMPUTE_TYPE(100, AttributeType.DATA_TYPE),
    CONVOLUTION_MODE(101, AttributeType.CONVOLUTION_MODE),
    CONVOLUTION_DILATIONS(102, AttributeType.INT64),
    CONVOLUTION_STRIDES(103, AttributeType.INT64),
    CONVOLUTION_PADS_END(104, AttributeType.INT64),
    CONVOLUTION_PADS_BEGIN(105, AttributeType.INT64),
    CONVOLUTION_SPATIAL_AXES(106, AttributeType.INT64),

    HEURISTIC_MODE(200, AttributeType.HEURISTIC_MODE),
    HEURISTIC_GRAPH(201, AttributeType.DESCRIPTOR),
    HEURISTIC_RESULTS(202, AttributeType.DESCRIPTOR),

    CONFIGURATION_ENGINE(300, AttributeType.DESCRIPTOR),
    CONFIGURATION_KNOBS(302, AttributeType.DESCRIPTOR),

    PLAN_HANDLE(400, AttributeType.HANDLE),
    PLAN_CONFIGURATION(401, AttributeType.DESCRIPTOR),
    PLAN_WORKSPACE_BYTES(402, AttributeType.INT64),
    PLAN_TEXT(405, AttributeType.CHARACTER),

    KNOB_TYPE(600, AttributeType.KNOB_TYPE),
    KNOB_VALUE(601, AttributeType.INT64),

    CONVOLUTION_FORWARD_ALPHA(700, AttributeType.FLOAT),
    CONVOLUTION_FORWARD_BETA(701, AttributeType.FLOAT),
    CONVOLUTION_FORWARD_DESCRIPTOR(702, AttributeType.DESCRIPTOR),
    CONVOLUTION_FORWARD_W(703, AttributeType.DESCRIPTOR),
    CONVOLUTION_FORWARD_X(704, AttributeType.DESCRIPTOR),
    CONVOLUTION_FORWARD_Y(705, AttributeType.DESCRIPTOR),

    POINTWISE_DESCRIPTOR(750, AttributeType.DESCRIPTOR),
    POINTWISE_X(751, AttributeType.DESCRIPTOR),
    POINTWISE_B(752, AttributeType.DESCRIPTOR),
    POINTWISE_Y(753, AttributeType.DESCRIPTOR),

    GRAPH_HANDLE(800, AttributeType.HANDLE),
    GRAPH_OPERATIONS(801, AttributeType.DESCRIPTOR),

    TENSOR_ALIGNMENT(900, AttributeType.INT64),
    TENSOR_DATA_TYPE(901, AttributeType.DATA_TYPE),
    TENSOR_SIZES(902, AttributeType.INT64),
    TENSOR_STRIDES(903, AttributeType.INT64),
    TENSOR_ID(906, AttributeType.INT64),
    TENSOR_IS_VIRTUAL(907, AttributeType.BOOLEAN),
    TENSOR_IS_BY_VALUE(908, AttributeType.BOOLEAN),

    PACK_IDS(1000, AttributeType.INT64),
    PACK_ADDRESSES(1001, AttributeType.ADDRESS),
    PACK_WORKSPACE(1003, AttributeType.ADDRESS),

    ENGINE_GRAPH(1300, AttributeType.DESCRIPTOR),
    ENGINE_NUMBER(1301, AttributeType.INT64),
    ENGINE_NUMERICAL_NOTES(1303, AttributeType.NUMERICAL_NOTE),

    MATMUL_COMPUTE_TYPE(1500, AttributeType.DATA_TYPE),
    MATMUL_A(1520, AttributeType.DESCRIPTOR),
    MATMUL_B(1521, AttributeType.DESCRIPTOR),
    MATMUL_C(1522, AttributeType.DESCRIPTOR),
    MATMUL_DESCRIPTOR(1523, AttributeType.DESCRIPTOR),

    ATTENTION_Q(2800, AttributeType.DESCRIPTOR),
    ATTENTION_K(2801, AttributeType.DESCRIPTOR),
    ATTENTION_V(2802, AttributeType.DESCRIPTOR),
    ATTENTION_Y(2803, AttributeType.DESCRIPTOR),
    ATTENTION_SCALE(2805, AttributeType.DESCRIPTOR);

    final int code;
    final AttributeType type;

    Attribute(int code, AttributeType type) {
        this.code = code;
        this.type = type;
    }
}
