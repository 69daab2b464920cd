package io.firesteel.backend.cuda.kernel;

import io.firesteel.backend.Sizes;
import io.firesteel.op.PointwiseProgram;
import io.firesteel.tensor.DataType;
import java.util.List;

/**
 * Moves elements from one place and order to another, converting them where the types differ.
 *
 * @param sizes elements along each axis
 * @param from distances between the source's elements, 0 to repeat one
 * @param to distances between the target's elements
 * @param source the source's first element
 * @param sourceType its element type
 * @param target the target's first element
 * @param targetType its element type
 * @param loose whether the addresses may not be aligned to a vector
 */
record StridedCopy(long[] sizes, long[] from, long[] to, Argument source, DataType sourceType, Argument target,
        DataType targetType, boolean loose) {

    private static final int LANES = 32;
    private static final int ROWS = 8;
    private static final int VECTOR_BYTES = 16;
    private static final long TILED_FROM = 8;

    KernelCall call() {
        AxisWalk walk = AxisWalk.of(sizes, to, from);
        int across = -1;
        for (int i = 0; i < walk.last(); i++) {
            if (walk.strides()[1][i] == 1 && walk.sizes()[i] >= TILED_FROM) {
                across = i;
            }
        }
        long step = walk.strides()[1][walk.last()];
        if (across >= 0 && step != 0 && step != 1 && walk.isContiguous(0) && walk.sizes()[walk.last()] >= TILED_FROM) {
            return transposed(walk, across);
        }
        DataType moved = sourceType == targetType ? mover(targetType) : null;
        DataType read = moved == null ? sourceType : moved;
        boolean[] unaligned = {loose || target.offset() % VECTOR_BYTES != 0, loose || source.offset() % VECTOR_BYTES != 0};
        return PointwiseSource.call("copy", new PointwiseExpression(PointwiseProgram.IDENTITY, List.of(read)), walk, List.of(read),
                moved == null ? targetType : moved, List.of(target, source), unaligned);
    }

    /** Integers move as they are. */
    private static DataType mover(DataType type) {
        return switch (type.bytes()) {
            case 1 -> DataType.UINT8;
            case 2 -> DataType.UINT16;
            case 4 -> DataType.UINT32;
            default -> DataType.UINT64;
        };
    }

    /** Tiles pass through shared memory, so that both sides are contiguous. */
    private KernelCall transposed(AxisWalk walk, int across) {
        DataType read = sourceType == targetType ? mover(sourceType) : sourceType;
        DataType written = sourceType == targetType ? read : targetType;
        int along = walk.last();
        int reads = vector(walk, 1, across, source, read, written);
        int writes = vector(walk, 0, along, target, read, written);
        int tile = LANES * Math.max(reads, writes);
        long tilesAcross = Sizes.ceilDiv(walk.sizes()[across], tile);
        long tilesAlong = Sizes.ceilDiv(walk.sizes()[along], tile);
        long[] grid = walk.sizes().clone();
        grid[across] = tilesAcross;
        grid[along] = tilesAlong;
        long[] fromBatch = walk.strides()[1].clone();
        long[] toBatch = walk.strides()[0].clone();
        for (int axis : new int[] {across, along}) {
            fromBatch[axis] = 0;
            toBatch[axis] = 0;
        }
        String in = CudaTypes.storage(read);
        String out = CudaTypes.storage(written);
        SourceText text = new SourceText().indexType(walk.elements() + tile);
        text.line("extern \"C\" __global__ void __launch_bounds__(%d) transpose(%s* out, const %s* in) {", LANES * ROWS, out, in);
        text.line("    __shared__ %s tile[%d][%d];", out, tile, tile + Math.max(1, 4 / written.bytes()));
        text.line("    const index_t number = blockIdx.x;");
        text.coordinates("c", "number", grid);
        text.line("    const int lane = threadIdx.x %% %d, row = threadIdx.x / %d;", LANES, LANES);
        text.line("    const index_t a = c%d * %d, b = c%d * %d;", across, tile, along, tile);
        text.line("    const %s* const from = in + %s;", in, SourceText.offset("c", fromBatch));
        text.line("    #pragma unroll 4");
        text.line("    for (int r = row; r < %d; r += %d) {", tile, ROWS);
        text.line("        #pragma unroll");
        text.line("        for (int l = lane * %d; l < %d; l += %d) {", reads, tile, LANES * reads);
        text.line("            if (b + r < %d && a + l < %d) {", walk.sizes()[along], walk.sizes()[across]);
        text.line("                const Pack<%s, %d> p = load_pack<%s, %d>(from + (b + r) * (%d) + a + l);", in, reads, in, reads,
                walk.strides()[1][along]);
        text.line("                #pragma unroll");
        text.line("                for (int k = 0; k < %d; ++k) tile[r][l + k] = put<%s>(get(p.v[k]));", reads, out);
        text.line("            }");
        text.line("        }");
        text.line("    }");
        text.line("    __syncthreads();");
        text.line("    %s* const to = out + %s;", out, SourceText.offset("c", toBatch));
        text.line("    #pragma unroll 4");
        text.line("    for (int r = row; r < %d; r += %d) {", tile, ROWS);
        text.line("        #pragma unroll");
        text.line("        for (int l = lane * %d; l < %d; l += %d) {", writes, tile, LANES * writes);
        text.line("            if (a + r < %d && b + l < %d) {", walk.sizes()[across], walk.sizes()[along]);
        text.line("                Pack<%s, %d> p;", out, writes);
        text.line("                #pragma unroll");
        text.line("                for (int k = 0; k < %d; ++k) p.v[k] = tile[l + k][r];", writes);
        text.line("                store_pack(to + (a + r) * (%d) + b + l, p);", walk.strides()[0][across]);
        text.line("            }");
        text.line("        }");
        text.line("    }");
        text.line("}");
        return new KernelCall("transpose", text.toString(), Sizes.product(grid), LANES * ROWS, List.of(target, source));
    }

    /** Elements of a four-byte word, where every address that begins one is aligned. */
    private int vector(AxisWalk walk, int operand, int contiguous, Argument place, DataType read, DataType written) {
        int width = loose ? 1 : Math.max(1, 4 / Math.max(read.bytes(), written.bytes()));
        int bytes = operand == 1 ? read.bytes() : written.bytes();
        while (width > 1) {
            boolean fits = walk.sizes()[contiguous] % width == 0 && place.offset() % (width * bytes) == 0;
            for (int i = 0; i < walk.sizes().length; i++) {
                fits &= i == contiguous || walk.strides()[operand][i] % width == 0;
            }
            if (fits) {
                return width;
            }
            width /= 2;
        }
        return width;
    }
}
