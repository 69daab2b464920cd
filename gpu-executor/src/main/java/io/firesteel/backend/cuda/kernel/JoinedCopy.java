package io.firesteel.backend.cuda.kernel;

import io.firesteel.backend.Sizes;
import io.firesteel.backend.TensorLayout;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;

/** Several contiguous tensors joined along an axis in one launch: each row of blocks copies one of them. */
final class JoinedCopy {

    private static final int THREADS = 256;
    private static final int MOST_INPUTS = 60;
    private static final int VECTOR_BYTES = 16;

    private JoinedCopy() { }

    /** The launch; empty where the tensors are not contiguous, not of one type or too many. */
    static Optional<KernelCall> call(List<TensorLayout> inputs, TensorLayout output, int axis) {
        if (inputs.size() < 2 || inputs.size() > MOST_INPUTS || !isContiguous(output)
                || inputs.stream().anyMatch(i -> !isContiguous(i) || i.dataType() != output.dataType())) {
            return Optional.empty();
        }
        long outer = Sizes.product(output.sizes(), 0, axis);
        long[] runs = inputs.stream().mapToLong(i -> Sizes.product(i.sizes(), axis, i.sizes().length) * i.dataType().bytes()).toArray();
        int unit = VECTOR_BYTES;
        for (long run : runs) {
            while (run % unit != 0) {
                unit /= 2;
            }
        }
        long whole = Arrays.stream(runs).sum() / unit;
        long longest = Arrays.stream(runs).max().orElseThrow() / unit * outer;
        if (longest == 0) {
            return Optional.empty();
        }
        String type = unit == VECTOR_BYTES ? "uint4" : CudaTypes.bits(unit);
        SourceText text = new SourceText().indexType(whole * outer + THREADS);
        StringBuilder parameters = new StringBuilder();
        List<Argument> arguments = new ArrayList<>(List.of(Argument.output(0)));
        for (int i = 0; i < runs.length; i++) {
            parameters.append(", const ").append(type).append("* in").append(i);
            arguments.add(Argument.input(i));
        }
        text.line("extern \"C\" __global__ void __launch_bounds__(%d) concat(%s* out%s) {", THREADS, type, parameters);
        text.line("    const index_t number = (index_t) blockIdx.x * %d + threadIdx.x;", THREADS);
        text.line("    switch (blockIdx.y) {");
        long start = 0;
        for (int i = 0; i < runs.length; i++) {
            long run = runs[i] / unit;
            if (run > 0) {
                text.line("        case %d: if (number < %d) out[number / %d * %d + number %% %d + %d] = in%d[number]; break;", i, run * outer,
                        run, whole, run, start, i);
            }
            start += run;
        }
        text.line("    }");
        text.line("}");
        return Optional.of(new KernelCall("concat", text.toString(), Sizes.ceilDiv(longest, THREADS), runs.length, 1, THREADS, 0, arguments));
    }

    private static boolean isContiguous(TensorLayout layout) {
        return !layout.isSlice() && Arrays.equals(layout.strides(), Sizes.strides(layout.sizes()));
    }
}
