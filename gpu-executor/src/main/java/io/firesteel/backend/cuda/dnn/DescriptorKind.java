package io.firesteel.backend.cuda.dnn;

/** The kinds of descriptors that are used here, with cuDNN 9's numbers. */
enum DescriptorKind {
    POINTWISE(0),
    CONVOLUTION(1),
    ENGINE(2),
    ENGINE_CONFIGURATION(3),
    ENGINE_HEURISTIC(4),
    EXECUTION_PLAN(5),
    KNOB_CHOICE(7),
    CONVOLUTION_FORWARD(10),
    POINTWISE_OPERATION(13),
    OPERATION_GRAPH(15),
    VARIANT_PACK(16),
    TENSOR(17),
    MATMUL(18),
    MATMUL_OPERATION(19),
    ATTENTION_OPERATION(41);

    final int code;

    DescriptorKind(int code) {
        this.code = code;
    }
}
