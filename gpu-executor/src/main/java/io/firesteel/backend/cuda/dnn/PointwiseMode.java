package io.firesteel.backend.cuda.dnn;

/** A pointwise function of cuDNN that is used here, with its number. */
enum PointwiseMode {
    ADD(0),
    MUL(1),
    MIN(2),
    MAX(3),
    SQRT(4),
    DIV(6),
    POW(8),
    SUB(9),
    ABS(10),
    CEIL(11),
    EXP(13),
    FLOOR(14),
    LOG(15),
    NEG(16),
    ERF(20),
    RECIPROCAL(22),
    RELU(100),
    TANH(101),
    SIGMOID(102),
    ELU(103),
    GELU_ERF(104),
    SOFTPLUS(105),
    SWISH(106),
    GELU_TANH(107);

    final int code;

    PointwiseMode(int code) {
        this.code = code;
    }
}
