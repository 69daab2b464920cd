package io.firesteel.backend.cuda.kernel;

import io.firesteel.backend.Sizes;
import io.firesteel.backend.TensorLayout;
import io.firesteel.op.PointwiseProgram;
import io.firesteel.tensor.DataType;
import java.util.ArrayList;
import java.util.List;

/**
 * A matrix product over operands that are read by expressions: matrices, images seen as matrices, and weights. What an operand
 * does not have is zero. Operands of fp32 are multiplied in strict fp32, of 16 bits on tensor cores. It is slow beside the
 * vendor's libraries and needs none of them.
 */
final class ProductSource {

    private static final int TILE = 64;

    private final SourceText functions = new SourceText();
    private final List<String> parameters = new ArrayList<>();
    private final List<String> names = new ArrayList<>();
    private final List<Argument> arguments = new ArrayList<>();
    private final long batches;
    private final long rows;
    private final long columns;
    private final long inner;
    private final List<String[]> bodies = new ArrayList<>();
    private DataType tensorType;
    private boolean innerA = true;
    private boolean innerB = true;
    private long largest;

    ProductSource(long batches, long rows, long columns, long inner) {
        this.batches = batches;
        this.rows = rows;
        this.columns = columns;
        this.inner = inner;
        this.largest = Math.max(batches * rows * columns, Math.max(batches * rows * inner, batches * inner * columns));
    }

    ProductSource pointer(String name, String type, Argument place) {
        parameters.add(type + "* " + name);
        names.add(name);
        arguments.add(place);
        return this;
    }

    ProductSource extent(long elements) {
        largest = Math.max(largest, elements);
        return this;
    }

    /** Multiplies on tensor cores where both operands, of the given types, have one type of 16 bits. */
    ProductSource operands(DataType a, DataType b) {
        tensorType = a == b && a.bytes() == 2 ? a : null;
        return this;
    }

    /** Whether neighbours along the inner axis are read together, for each operand. */
    ProductSource order(boolean a, boolean b) {
        innerA = a;
        innerB = b;
        return this;
    }

    /**
     * Adds a function.
     *
     * @param head its result and name
     * @param coordinates its parameters of type {@code index_t}
     * @param body its statements
     */
    ProductSource function(String head, String coordinates, String body) {
        bodies.add(new String[] {head, coordinates, body});
        return this;
    }

    /** The statements that apply bias and epilogue to {@code sum} and store it at the coordinates {@code c0, c1, ...}. */
    static String store(PointwiseProgram epilogue, List<TensorLayout> inputs, int first, TensorLayout output, boolean biased,
            String channel) {
        SourceText text = new SourceText();
        text.line("float v0 = sum%s;", biased ? " + get(bias[" + channel + "])" : "");
        List<DataType> types = new ArrayList<>(List.of(DataType.FLOAT32));
        List<String> operands = new ArrayList<>(List.of("v0"));
        int rank = output.sizes().length;
        for (int i = 1; i < epilogue.inputs(); i++) {
            TensorLayout layout = inputs.get(first + i - 1);
            text.line("const %s e%d = get(epilogue%d[%s]);", CudaTypes.math(layout.dataType()), i, i,
                    SourceText.offset("c", PointwiseSource.broadcastStrides(layout, rank)));
            types.add(layout.dataType());
            operands.add("e" + i);
        }
        String value = new PointwiseExpression(epilogue, types).emit(text, operands, "r");
        text.line("result[%s] = put<%s>(%s);", SourceText.offset("c", output.strides()), CudaTypes.storage(output.dataType()), value);
        return text.toString();
    }

    /** The pointers of result, bias and epilogue. */
    ProductSource destination(PointwiseProgram epilogue, List<TensorLayout> inputs, int first, TensorLayout output, int bias) {
        pointer("result", CudaTypes.storage(output.dataType()), Argument.output(0));
        if (bias >= 0) {
            pointer("bias", "const " + CudaTypes.storage(inputs.get(bias).dataType()), Argument.input(bias));
        }
        for (int i = 1; i < epilogue.inputs(); i++) {
            pointer("epilogue" + i, "const " + CudaTypes.storage(inputs.get(first + i - 1).dataType()),
                    Argument.input(first + i - 1));
        }
        return extent(output.type().shape().elements() * (output.isSlice() ? output.parentChannels() : 1));
    }

    KernelCall call() {
        String list = String.join(", ", parameters);
        String passed = String.join(", ", names);
        SourceText text = new SourceText().indexType(largest + TILE * TILE);
        text.define("ROWS_M", rows).define("COLUMNS_N", columns).define("INNER_K", inner).define("A_INNER", innerA ? 1 : 0)
                .define("B_INNER", innerB ? 1 : 0).define("TENSOR_CORES", tensorType == null ? 0 : 1).define("PARAMETERS", list);
        if (tensorType != null) {
            text.line("typedef %s T;", CudaTypes.storage(tensorType)).line("%s", Prelude.TENSOR_CORES);
        }
        for (String[] body : bodies) {
            text.line("%s", "DEV " + body[0] + "(" + list + ", " + body[1] + ") {\n" + body[2] + "}");
        }
        text.define("LOAD_A(BATCH_, ROW_, INNER_)", "load_a(" + passed + ", BATCH_, ROW_, INNER_)").define("LOAD_B(BATCH_, INNER_, COLUMN_)", "load_b(" + passed + ", BATCH_, INNER_, COLUMN_)")
                .define("FINISH(BATCH_, ROW_, COLUMN_, SUM_)", "finish(" + passed + ", BATCH_, ROW_, COLUMN_, SUM_)").line("%s", Prelude.resource("product.cu"));
        return new KernelCall("product", text.toString(), batches * Sizes.ceilDiv(rows, TILE) * Sizes.ceilDiv(columns, TILE), 256,
                arguments);
    }
}
