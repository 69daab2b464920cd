package io.firesteel.backend.cuda.kernel;

import io.firesteel.backend.Sizes;
import io.firesteel.backend.TensorLayout;
import io.firesteel.tensor.DataType;
import java.util.ArrayList;
import java.util.List;

/**
 * One pass over memory: each thread computes a vector of neighbouring elements of the result from broadcast operands in any
 * order of axes.
 */
final class PointwiseSource {

    private static final int THREADS = 256;
    private static final int VECTOR_BYTES = 16;

    private PointwiseSource() { }

    /** The distances between an operand's elements along the axes of a result of {@code rank}, 0 where it is broadcast. */
    static long[] broadcastStrides(TensorLayout layout, int rank) {
        long[] sizes = layout.sizes();
        long[] strides = layout.strides();
        for (int i = 0; i < sizes.length; i++) {
            if (sizes[i] == 1) {
                strides[i] = 0;
            }
        }
        return Sizes.trailing(strides, rank, 0);
    }

    /** The kernel of a program over the layouts of one step. */
    static KernelCall call(PointwiseExpression expression, List<TensorLayout> inputs, TensorLayout output) {
        long[] sizes = output.sizes();
        List<long[]> strides = new ArrayList<>();
        List<DataType> types = new ArrayList<>();
        List<Argument> arguments = new ArrayList<>(List.of(Argument.output(0)));
        strides.add(output.strides());
        for (int i = 0; i < inputs.size(); i++) {
            strides.add(broadcastStrides(inputs.get(i), sizes.length));
            types.add(inputs.get(i).dataType());
            arguments.add(Argument.input(i));
        }
        boolean[] loose = new boolean[inputs.size() + 1];
        loose[0] = output.isSlice();
        for (int i = 0; i < inputs.size(); i++) {
            loose[i + 1] = inputs.get(i).isSlice();
        }
        return call("pointwise", expression, AxisWalk.of(sizes, strides.toArray(long[][]::new)), types, output.dataType(), arguments,
                loose);
    }

    /**
     * The kernel of a program over operands walked together.
     *
     * @param walk the result first, then the inputs
     * @param types the inputs' element types in memory
     * @param arguments the result first, then the inputs
     * @param loose for each of them whether its address may not be aligned to a vector
     */
    static KernelCall call(String entry, ElementFunction expression, AxisWalk walk, List<DataType> types, DataType result,
            List<Argument> arguments, boolean[] loose) {
        int narrowest = result.bytes();
        for (int i = 0; i < types.size(); i++) {
            narrowest = walk.isContiguous(i + 1) ? Math.min(narrowest, types.get(i).bytes()) : narrowest;
        }
        int vector = walk.isContiguous(0) ? walk.vector(Math.max(1, Math.min(8, VECTOR_BYTES / narrowest))) : 1;
        long work = walk.elements() / vector;
        SourceText text = new SourceText().indexType(walk.elements() + THREADS);
        element(text, expression, types, result);
        text.line("extern \"C\" __global__ void __launch_bounds__(%d) %s(%s* out%s) {", THREADS, entry,
                CudaTypes.storage(result), parameters(types));
        text.line("    const index_t number = (index_t) blockIdx.x * %d + threadIdx.x;", THREADS);
        text.line("    if (number >= %d) return;", work);
        long[] sizes = walk.sizes().clone();
        sizes[walk.last()] /= vector;
        text.coordinates("c", "number", sizes);
        List<String> elements = new ArrayList<>();
        for (int i = 0; i < types.size(); i++) {
            elements.add(load(text, i, types.get(i), walk, vector, loose[i + 1]));
        }
        String storage = CudaTypes.storage(result);
        text.line("    Pack<%s, %d> r;", storage, vector);
        text.line("    #pragma unroll");
        text.line("    for (int k = 0; k < %d; ++k) r.v[k] = element(%s);", vector, String.join(", ", elements));
        text.line("    %s(out + %s, r);", loose[0] ? "store_loose" : "store_pack", offset(walk, 0, vector));
        text.line("}");
        return new KernelCall(entry, text.toString(), Sizes.ceilDiv(work, THREADS), THREADS, arguments);
    }

    /** Offsets count vectors along the innermost axis. */
    private static String offset(AxisWalk walk, int operand, int vector) {
        long[] strides = walk.strides()[operand].clone();
        strides[walk.last()] *= vector;
        return SourceText.offset("c", strides);
    }

    private static String load(SourceText text, int index, DataType type, AxisWalk walk, int vector, boolean loose) {
        String storage = CudaTypes.storage(type);
        String offset = offset(walk, index + 1, vector);
        long step = walk.strides()[index + 1][walk.last()];
        if (step == 1 && vector > 1) {
            text.line("    const Pack<%s, %d> p%d = %s<%s, %d>(in%d + %s);", storage, vector, index,
                    loose ? "load_loose" : "load_pack", storage, vector, index, offset);
            return "p" + index + ".v[k]";
        }
        if (step == 0 || vector == 1) {
            text.line("    const %s p%d = in%d[%s];", storage, index, index, offset);
            return "p" + index;
        }
        text.line("    const %s* const p%d = in%d + %s;", storage, index, index, offset);
        return "p" + index + "[k * (" + step + ")]";
    }

    private static String parameters(List<DataType> types) {
        StringBuilder text = new StringBuilder();
        for (int i = 0; i < types.size(); i++) {
            text.append(", const ").append(CudaTypes.storage(types.get(i))).append("* in").append(i);
        }
        return text.toString();
    }

    private static void element(SourceText text, ElementFunction expression, List<DataType> types, DataType result) {
        StringBuilder parameters = new StringBuilder();
        List<String> names = new ArrayList<>();
        for (int i = 0; i < types.size(); i++) {
            parameters.append(i == 0 ? "" : ", ").append("const ").append(CudaTypes.storage(types.get(i))).append(" s").append(i);
            names.add("a" + i);
        }
        text.line("DEV %s element(%s) {", CudaTypes.storage(result), parameters);
        for (int i = 0; i < types.size(); i++) {
            text.line("    const %s a%d = get(s%d);", CudaTypes.math(expression.inputs().get(i)), i, i);
        }
        String value = expression.emit(text, names, "v");
        text.line("    return put<%s>(%s);", CudaTypes.storage(result), value);
        text.line("}");
    }
}
