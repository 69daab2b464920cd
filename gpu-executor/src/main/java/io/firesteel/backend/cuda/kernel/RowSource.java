package io.firesteel.backend.cuda.kernel;

import io.firesteel.backend.Sizes;
import io.firesteel.backend.TensorLayout;
import io.firesteel.tensor.DataType;
import java.util.ArrayList;
import java.util.List;

/**
 * A kernel over rows: the elements that some axes of a tensor run through while the others stay. A group of threads reads a row
 * once, keeps it in registers where it fits, reduces it any number of times, and may map it to a result.
 *
 * <p>Statements see {@code x}, the element, and {@code j}, its number in the row; between the passes {@code row_sum},
 * {@code row_max}, {@code row_min} and {@code row_product} join what the threads of a row hold.
 */
final class RowSource {

    private static final int WARP = 32;
    private static final int MOST_THREADS = 1024;
    private static final int MOST_KEPT = 64;
    private static final int ENOUGH_THREADS = 132 * 1024;
    private static final int VECTOR_BYTES = 16;

    /** One tensor whose elements lie along the rows. */
    private record Operand(String name, Argument place, DataType type, long[] strides, boolean loose) { }

    private final String entry;
    private final long[] sizes;
    private final boolean[] along;
    private final List<Operand> operands = new ArrayList<>();
    private final StringBuilder body = new StringBuilder();
    private String mapped;
    private boolean mappedResult;

    private AxisWalk rows;
    private AxisWalk row;
    private boolean columns;
    private int group;
    private int vector;
    private long steps;
    private boolean kept;

    /**
     * @param sizes of the data
     * @param along which of its axes make a row
     * @param data layout of the data
     */
    RowSource(String entry, long[] sizes, boolean[] along, TensorLayout data) {
        this(entry, sizes, along, data.dataType(), data.strides(), data.isSlice());
    }

    /**
     * @param strides distances between the data's elements along each axis
     * @param loose whether the data's address may not be aligned to a vector
     */
    RowSource(String entry, long[] sizes, boolean[] along, DataType type, long[] strides, boolean loose) {
        this.entry = entry;
        this.sizes = sizes.length == 0 ? new long[] {1} : sizes;
        this.along = sizes.length == 0 ? new boolean[] {true} : along;
        operands.add(new Operand("x", Argument.input(0), type, sizes.length == 0 ? new long[] {1} : strides, loose));
    }

    /** A parameter, input {@code index}, with its distance between elements along each axis of the data. */
    RowSource parameter(String name, int index, DataType type, long[] strides) {
        operands.add(new Operand(name, Argument.input(index), type, strides, false));
        return this;
    }

    /** A result of the data's sizes that {@link #map} writes. */
    RowSource result(TensorLayout layout) {
        return result(layout.dataType(), layout.sizes().length == 0 ? new long[] {1} : layout.strides(), layout.isSlice());
    }

    RowSource result(DataType type, long[] strides, boolean loose) {
        mappedResult = true;
        operands.add(1, new Operand("y", Argument.output(0), type, strides, loose));
        return this;
    }

    /** A result of one element a row, written by {@link #write}. */
    RowSource single(String name, int index, DataType type, long[] strides) {
        operands.add(new Operand(name, Argument.output(index), type, strides, false));
        return this;
    }

    private static long[] pick(long[] values, boolean[] along, boolean wanted) {
        List<Long> picked = new ArrayList<>();
        for (int i = 0; i < values.length; i++) {
            if (along[i] == wanted) {
                picked.add(values[i]);
            }
        }
        return picked.stream().mapToLong(Long::longValue).toArray();
    }

    private AxisWalk walk(boolean wanted) {
        return AxisWalk.of(pick(sizes, along, wanted),
                operands.stream().map(o -> pick(o.strides, along, wanted)).toArray(long[][]::new));
    }

    /** Settles how rows are spread over threads; operands are complete. */
    RowSource ready() {
        rows = walk(false);
        row = walk(true);
        long count = rows.elements();
        long length = row.elements();
        columns = rows.strides()[0][rows.last()] == 1 && row.strides()[0][row.last()] != 1 && rows.sizes()[rows.last()] >= 8;
        int width = operands.get(0).type.bytes();
        vector = columns || row.strides()[0][row.last()] != 1 ? 1 : vectorWidth(Math.max(1, VECTOR_BYTES / width));
        if (operands.size() > 1 && operands.get(1).name.equals("y") && mappedResult && row.strides()[1][row.last()] != 1) {
            vector = 1;
        }
        if (columns) {
            group = 1;
            while (group < WARP && count * group < ENOUGH_THREADS && group * 4L <= length) {
                group *= 2;
            }
        } else {
            group = WARP;
            while (group < MOST_THREADS && (length > 8L * vector * group || length > (long) group * MOST_KEPT / 2)) {
                group *= 2;
            }
            while (group > 1 && length <= (long) group / 2 * vector) {
                group /= 2;
            }
        }
        steps = Sizes.ceilDiv(length, (long) group * vector);
        kept = steps * vector <= MOST_KEPT && (!columns || steps <= 16);
        return this;
    }

    private int vectorWidth(int most) {
        int width = row.vector(most);
        for (Operand operand : operands) {
            int index = operands.indexOf(operand);
            for (int i = 0; width > 1 && operand.strides != null && i < rows.sizes().length; i++) {
                while (row.strides()[index][row.last()] == 1 && rows.strides()[index][i] % width != 0) {
                    width /= 2;
                }
            }
        }
        return width;
    }

    /** Whether elements stay in registers between passes, so that a pass may replace {@code x}. */
    boolean keeps() {
        return kept;
    }

    private String math() {
        return CudaTypes.math(operands.get(0).type);
    }

    RowSource line(String format, Object... values) {
        body.append("    ").append(values.length == 0 ? format : String.format(java.util.Locale.ROOT, format, values)).append('\n');
        return this;
    }

    /** Runs a statement for every element of the row. */
    RowSource each(String statement) {
        pass(statement, false);
        return this;
    }

    /** Writes an expression for every element of the row. */
    RowSource map(String expression) {
        mapped = expression;
        pass("", true);
        return this;
    }

    /** Writes the row's element of a single result. */
    RowSource write(String name, String expression) {
        Operand operand = operands.stream().filter(o -> o.name.equals(name)).findFirst().orElseThrow();
        return line("if (live && lane == 0) %s[row_%s] = put<%s>(%s);", name, name, CudaTypes.storage(operand.type), expression);
    }

    private void pass(String statement, boolean mapping) {
        line(kept ? "#pragma unroll" : "#pragma unroll 4");
        line("for (int k = 0; k < %d; ++k) {", steps);
        line("    const index_t first = ((index_t) k * %d + lane) * %d;", group, vector);
        line("    if (first < %d) {", row.elements());
        if (!kept) {
            loadInto("        ");
        }
        if (mapping) {
            line("        Pack<%s, %d> packed;", CudaTypes.storage(operands.get(1).type), vector);
            for (int i = 2; i < operands.size(); i++) {
                if (operands.get(i).place.kind() == Argument.Kind.INPUT) {
                    parameterPack(i);
                }
            }
        }
        line("        #pragma unroll");
        line("        for (int e = 0; e < %d; ++e) {", vector);
        line("            const index_t j = first + e;");
        line("            %s& x = %s;", math(), kept ? "kept[k][e]" : "loaded[e]");
        if (mapping) {
            for (int i = 2; i < operands.size(); i++) {
                if (operands.get(i).place.kind() == Argument.Kind.INPUT) {
                    line("            const %s %s = get(pack_%s.v[e]);", CudaTypes.math(operands.get(i).type), operands.get(i).name + "_j",
                            operands.get(i).name);
                }
            }
            line("            packed.v[e] = put<%s>(%s);", CudaTypes.storage(operands.get(1).type), mapped);
            line("        }");
            line("        if (live) %s(y + row_y + (%s), packed);", operands.get(1).loose ? "store_loose" : "store_pack", offset(1));
        } else {
            line("            %s", statement);
            line("        }");
        }
        line("    }");
        line("}");
    }

    private void parameterPack(int index) {
        Operand operand = operands.get(index);
        String storage = CudaTypes.storage(operand.type);
        long step = row.strides()[index][row.last()];
        if (vector > 1 && step == 1) {
            line("        const Pack<%s, %d> pack_%s = load_pack<%s, %d>(%s + row_%s + (%s));", storage, vector, operand.name, storage,
                    vector, operand.name, operand.name, offset(index));
        } else {
            line("        Pack<%s, %d> pack_%s;", storage, vector, operand.name);
            line("        for (int e = 0; e < %d; ++e) pack_%s.v[e] = %s[row_%s + (%s) + e * (%d)];", vector, operand.name,
                    operand.name, operand.name, offset(index), step);
        }
    }

    private void loadInto(String indent) {
        String storage = CudaTypes.storage(operands.get(0).type);
        line(indent + "const Pack<%s, %d> read = %s<%s, %d>(x_data + row_x + (%s));", storage, vector,
                operands.get(0).loose ? "load_loose" : "load_pack", storage, vector, offset(0));
        if (kept) {
            line(indent + "for (int e = 0; e < %d; ++e) kept[k][e] = get(read.v[e]);", vector);
        } else {
            line(indent + "%s loaded[%d];", math(), vector);
            line(indent + "for (int e = 0; e < %d; ++e) loaded[e] = get(read.v[e]);", vector);
        }
    }

    /** The offset of the element numbered {@code first} in the row. */
    private String offset(int operand) {
        long[] walked = row.sizes();
        long[] strides = row.strides()[operand];
        StringBuilder text = new StringBuilder();
        long below = 1;
        for (int i = walked.length - 1; i >= 0; i--) {
            if (strides[i] != 0 && walked[i] > 1) {
                String coordinate = below == 1 ? "first" : "(first / " + below + ")";
                coordinate = i == 0 ? coordinate : "(" + coordinate + " % " + walked[i] + ")";
                text.append(text.length() == 0 ? "" : " + ").append(coordinate).append(" * (").append(strides[i]).append(')');
            }
            below *= walked[i];
        }
        return text.length() == 0 ? "0" : text.toString();
    }

    KernelCall call() {
        long count = rows.elements();
        int rowsInBlock = columns ? WARP : group > WARP ? 1 : 128 / group;
        int threads = group * rowsInBlock;
        SourceText text = new SourceText().indexType(Sizes.product(sizes) * 2 + (long) MOST_THREADS * MOST_KEPT);
        text.define("GROUP", group).define("COLUMNS", columns ? 1 : 0).line(Prelude.resource("rows.cu"));
        List<String> parameters = new ArrayList<>();
        List<Argument> arguments = new ArrayList<>();
        for (Operand operand : operands) {
            String storage = CudaTypes.storage(operand.type);
            parameters.add(operand.place.kind() == Argument.Kind.INPUT
                    ? "const " + storage + "* " + (operand.name.equals("x") ? "x_data" : operand.name) : storage + "* " + operand.name);
            arguments.add(operand.place);
        }
        text.line("extern \"C\" __global__ void __launch_bounds__(%d) %s(%s) {", threads, entry, String.join(", ", parameters));
        if (columns) {
            text.line("    const int lane = threadIdx.x / %d;", WARP);
            text.line("    const index_t wanted = (index_t) blockIdx.x * %d + threadIdx.x %% %d;", WARP, WARP);
        } else {
            text.line("    const int lane = threadIdx.x %% %d;", group);
            text.line("    const index_t wanted = (index_t) blockIdx.x * %d + threadIdx.x / %d;", rowsInBlock, group);
        }
        text.line("    const bool live = wanted < %d;", count);
        text.line("    const index_t number = live ? wanted : 0;");
        text.coordinates("r", "number", rows.sizes());
        for (int i = 0; i < operands.size(); i++) {
            text.line("    const index_t row_%s = %s;", operands.get(i).name, SourceText.offset("r", rows.strides()[i]));
        }
        if (kept) {
            text.line("    %s kept[%d][%d];", math(), steps, vector);
            StringBuilder load = new StringBuilder();
            int mark = body.length();
            line("#pragma unroll");
            line("for (int k = 0; k < %d; ++k) {", steps);
            line("    const index_t first = ((index_t) k * %d + lane) * %d;", group, vector);
            line("    if (first < %d) {", row.elements());
            loadInto("        ");
            line("    }");
            line("}");
            load.append(body.substring(mark));
            body.setLength(mark);
            text.line("%s", load);
        }
        text.line("%s}", body);
        return new KernelCall(entry, text.toString(), Sizes.ceilDiv(count, rowsInBlock), threads, arguments);
    }
}
