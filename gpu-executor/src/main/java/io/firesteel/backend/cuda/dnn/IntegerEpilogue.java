package io.firesteel.backend.cuda.dnn;

import io.firesteel.backend.cuda.KernelText;
import io.firesteel.tensor.DataType;

/** Device code for what follows integer sums; see {@link QuantizedNumbers}. */
final class IntegerEpilogue {

    /** Types, conversions and the epilogue; needs {@link #defines} and, for a residual, {@code SIGNED_R}. */
    static final String SOURCE = KernelText.of(IntegerEpilogue.class, "integer_epilogue.cu");

    /** Sums up to here are exact where they begin with the bits of 1.5 * 2^23. */
    private static final long EXACT = 1 << 22;

    private IntegerEpilogue() { }

    /**
     * What the code needs to know.
     *
     * @param largest magnitude of a sum
     * @param result element type of the result
     * @param scaled whether the epilogue's result has a factor other than 1
     * @param function statements that change {@code v}
     */
    static String defines(long largest, DataType result, boolean scaled, String function) {
        return InputPacking.define("EXACT", largest < EXACT ? 1 : 0) + InputPacking.define("SCALED", scaled ? 1 : 0)
                + InputPacking.define("LOWEST", result == DataType.INT8 ? "-128.0f" : "0.0f")
                + InputPacking.define("HIGHEST", result == DataType.INT8 ? "127.0f" : "255.0f")
                + InputPacking.define("FUNCTION", function);
    }
}
