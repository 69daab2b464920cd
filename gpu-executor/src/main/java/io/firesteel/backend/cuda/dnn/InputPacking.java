package io.firesteel.backend.cuda.dnn;

import io.firesteel.backend.Launch;
import io.firesteel.backend.TensorFormat;
import io.firesteel.backend.TensorLayout;
import io.firesteel.backend.cuda.DeviceTypes;
import io.firesteel.backend.cuda.driver.CudaContext;
import io.firesteel.backend.cuda.driver.CudaFunction;
import io.firesteel.backend.cuda.driver.CudaStream;
import io.firesteel.backend.cuda.driver.KernelArguments;
import io.firesteel.tensor.DataType;

/**
 * Rearranges an image for tensor cores: blocks of pixels become channels (space to depth), neighbouring blocks of a row too, and
 * channels are padded with zeros. Channel {@code ((t * C + c) * blockHeight + y) * blockWidth + x} of the result at column {@code o} is
 * channel {@code c} at row {@code y}, column {@code x} of the block at column {@code o + firstTap + t}; what lies beyond the image is
 * zero.
 *
 * @param from the image, {@link TensorFormat#LINEAR} or {@link TensorFormat#HWC}
 * @param normalization what is done to its elements
 * @param type element type of the result
 * @param channels channels of the result, a multiple of 16 bytes
 * @param blockHeight rows that become channels
 * @param blockWidth columns that become channels
 * @param taps neighbouring blocks of a row that become channels
 * @param firstTap the first of them, relative to the result's column
 * @param height rows of the result
 * @param width columns of the result
 */
record InputPacking(TensorLayout from, Normalization normalization, DataType type, long channels, long blockHeight,
        long blockWidth, long taps, long firstTap, long height, long width) {

    private static final int MOST_GROUP = 8;
    private static final int THREADS = 256;

    private static final String SOURCE = """
            extern "C" __global__ void __launch_bounds__(THREADS) pack(const FROM* x, TO* y, int count) {
                int i = blockIdx.x * THREADS + threadIdx.x;
                if (i >= count) return;
                int group = i % GROUPS;
                int pixel = i / GROUPS;
                int column = pixel % WIDTH;
                int row = pixel / WIDTH % HEIGHT;
                long long image = pixel / (WIDTH * HEIGHT);
                struct __align__(sizeof(TO) * GROUP) { TO v[GROUP]; } out;
                #pragma unroll
                for (int k = 0; k < GROUP; k++) {
                    int channel = group * GROUP + k;
                    int tap = channel / (CHANNELS * BLOCK_HEIGHT * BLOCK_WIDTH);
                    int inner = channel % (CHANNELS * BLOCK_HEIGHT * BLOCK_WIDTH);
                    int h = row * BLOCK_HEIGHT + inner / BLOCK_WIDTH % BLOCK_HEIGHT;
                    int w = (column + tap + FIRST_TAP) * BLOCK_WIDTH + inner % BLOCK_WIDTH;
                    int c = inner / (BLOCK_WIDTH * BLOCK_HEIGHT);
                    float value = 0;
                    if (tap < TAPS && h < ROWS && w >= 0 && w < COLUMNS) {
                        value = normalized(to_float(x[image * STRIDE_N + c * STRIDE_C + h * STRIDE_H + w * STRIDE_W]), c);
                    }
                    out.v[k] = from_float<TO>(value);
                }
                reinterpret_cast<decltype(out)*>(y)[i] = out;
            }
            """;

    /** A block of threads makes one row of the result, from the rows of the image it needs, read once in their own order. */
    private static final String ROW_SOURCE = """
            extern "C" __global__ void __launch_bounds__(THREADS) pack(const FROM* x, TO* y, int count) {
                __shared__ TO image[CHANNELS * BLOCK_HEIGHT * COLUMNS];
                int row = blockIdx.x % HEIGHT;
                x += blockIdx.x / HEIGHT * STRIDE_N;
                for (int i = threadIdx.x; i < CHANNELS * BLOCK_HEIGHT * COLUMNS; i += THREADS) {
                    int c = CHANNELS_INNERMOST ? i % CHANNELS : i / (BLOCK_HEIGHT * COLUMNS);
                    int b = CHANNELS_INNERMOST ? i / (CHANNELS * COLUMNS) : i / COLUMNS % BLOCK_HEIGHT;
                    int w = CHANNELS_INNERMOST ? i / CHANNELS % COLUMNS : i % COLUMNS;
                    int h = row * BLOCK_HEIGHT + b;
                    float value = h < ROWS ? normalized(to_float(x[c * STRIDE_C + h * STRIDE_H + w * STRIDE_W]), c) : 0.0f;
                    image[(c * BLOCK_HEIGHT + b) * COLUMNS + w] = from_float<TO>(value);
                }
                __syncthreads();
                struct __align__(sizeof(TO) * GROUP) chunk { TO v[GROUP]; };
                chunk* to = reinterpret_cast<chunk*>(y) + (long long) blockIdx.x * WIDTH * GROUPS;
                for (int i = threadIdx.x; i < WIDTH * GROUPS; i += THREADS) {
                    int column = i / GROUPS;
                    chunk out;
                    #pragma unroll
                    for (int k = 0; k < GROUP; k++) {
                        int channel = i % GROUPS * GROUP + k;
                        int tap = channel / (CHANNELS * BLOCK_HEIGHT * BLOCK_WIDTH);
                        int line = channel / BLOCK_WIDTH % (CHANNELS * BLOCK_HEIGHT);
                        int w = (column + tap + FIRST_TAP) * BLOCK_WIDTH + channel % BLOCK_WIDTH;
                        bool inside = tap < TAPS && w >= 0 && w < COLUMNS;
                        out.v[k] = inside ? image[line * COLUMNS + w] : from_float<TO>(0.0f);
                    }
                    to[i] = out;
                }
            }
            """;

    private static final long MOST_SHARED_BYTES = 40 << 10;

    private boolean byRows() {
        long[] sizes = rows(from.sizes());
        return sizes[1] * blockHeight * sizes[3] * type.bytes() <= MOST_SHARED_BYTES;
    }

    /** Channels that a thread writes at once, at most 16 bytes. */
    private int group() {
        return Math.min(MOST_GROUP, 16 / type.bytes());
    }

    /** Bytes of the result. */
    long bytes() {
        return from.sizes()[0] * height * width * channels * type.bytes();
    }

    CudaFunction compile(CudaContext context) {
        long[] sizes = rows(from.sizes());
        long[] strides = strides(from);
        String defines = define("THREADS", THREADS) + define("GROUP", group()) + define("GROUPS", channels / group()) + define("WIDTH", width)
                + define("HEIGHT", height) + define("BLOCK_HEIGHT", blockHeight) + define("BLOCK_WIDTH", blockWidth)
                + define("TAPS", taps) + define("FIRST_TAP", "(" + firstTap + ")")
                + define("CHANNELS", sizes[1]) + define("ROWS", sizes[2]) + define("COLUMNS", sizes[3])
                + define("STRIDE_N", strides[0] + "LL") + define("STRIDE_C", strides[1]) + define("STRIDE_H", strides[2])
                + define("STRIDE_W", strides[3]) + define("FROM", DeviceTypes.name(from.dataType()))
                + define("TO", DeviceTypes.name(type))
                + define("CHANNELS_INNERMOST", from.format() == TensorFormat.LINEAR ? 0 : 1);
        String text = DeviceTypes.prelude(type) + normalization.source() + defines + (byRows() ? ROW_SOURCE : SOURCE);
        return context.compile("pack", text).function("pack");
    }

    static String define(String name, Object value) {
        return "#define " + name + " " + value + "\n";
    }

    Launch bind(CudaFunction function, CudaStream stream, long source, long target) {
        int count = Math.toIntExact(from.sizes()[0] * height * width * (channels / group()));
        int blocks = byRows() ? Math.toIntExact(from.sizes()[0] * height) : (count + THREADS - 1) / THREADS;
        return function.bind(stream, new int[] {blocks}, new int[] {THREADS}, 0,
                new KernelArguments().pointer(source).pointer(target).int32(count));
    }

    /** Sizes with two spatial axes: leading ones joined, or an axis of 1 before the only one. */
    static long[] rows(long[] sizes) {
        long rows = 1;
        for (int i = 2; i < sizes.length - 1; i++) {
            rows *= sizes[i];
        }
        return new long[] {sizes[0], sizes[1], rows, sizes[sizes.length - 1]};
    }

    /** Strides with two spatial axes. */
    static long[] strides(TensorLayout layout) {
        long[] strides = layout.strides();
        int last = strides.length - 1;
        return new long[] {strides[0], strides[1], strides[last] * layout.sizes()[last], strides[last]};
    }
}
