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
 * Rearranges an image for tensor cores: blocks of pixels become channels (space to depth), and channels are padded with zeros.
 * Channel {@code (c * blockHeight + y) * blockWidth + x} of the result is channel {@code c} at row {@code y}, column {@code x} of a
 * block; rows and columns beyond the image are zeros.
 *
 * @param from the image, {@link TensorFormat#LINEAR} or {@link TensorFormat#HWC}
 * @param type element type of the result
 * @param channels channels of the result, a multiple of 8
 * @param blockHeight rows that become channels
 * @param blockWidth columns that become channels
 * @param height rows of the result
 * @param width columns of the result
 */
record InputPacking(TensorLayout from, DataType type, long channels, long blockHeight, long blockWidth, long height, long width) {

    private static final int GROUP = 8;
    private static final int THREADS = 256;

    private static final String SOURCE = """
            extern "C" __global__ void __launch_bounds__(THREADS) pack(const FROM* __restrict__ x, TO* __restrict__ y, int count) {
                int i = blockIdx.x * THREADS + threadIdx.x;
                if (i >= count) return;
                int group = i % GROUPS;
                int pixel = i / GROUPS;
                int column = pixel % WIDTH;
                int row = pixel / WIDTH % HEIGHT;
                long long image = pixel / (WIDTH * HEIGHT);
                struct __align__(sizeof(TO) * 8) { TO v[8]; } out;
                #pragma unroll
                for (int k = 0; k < 8; k++) {
                    int channel = group * 8 + k;
                    int h = row * BLOCK_HEIGHT + channel / BLOCK_WIDTH % BLOCK_HEIGHT;
                    int w = column * BLOCK_WIDTH + channel % BLOCK_WIDTH;
                    int c = channel / (BLOCK_WIDTH * BLOCK_HEIGHT);
                    float value = 0;
                    if (c < CHANNELS && h < ROWS && w < COLUMNS) {
                        value = to_float(x[image * STRIDE_N + c * STRIDE_C + h * STRIDE_H + w * STRIDE_W]);
                    }
                    out.v[k] = from_float<TO>(value);
                }
                reinterpret_cast<decltype(out)*>(y)[i] = out;
            }
            """;

    /** Bytes of the result. */
    long bytes() {
        return from.sizes()[0] * height * width * channels * type.bytes();
    }

    CudaFunction compile(CudaContext context) {
        long[] sizes = rows(from.sizes());
        long[] strides = strides();
        String defines = define("THREADS", THREADS) + define("GROUPS", channels / GROUP) + define("WIDTH", width)
                + define("HEIGHT", height) + define("BLOCK_HEIGHT", blockHeight) + define("BLOCK_WIDTH", blockWidth)
                + define("CHANNELS", sizes[1]) + define("ROWS", sizes[2]) + define("COLUMNS", sizes[3])
                + define("STRIDE_N", strides[0] + "LL") + define("STRIDE_C", strides[1]) + define("STRIDE_H", strides[2])
                + define("STRIDE_W", strides[3]) + define("FROM", DeviceTypes.name(from.dataType()))
                + define("TO", DeviceTypes.name(type));
        return context.compile("pack", DeviceTypes.PRELUDE + defines + SOURCE).function("pack");
    }

    private static String define(String name, Object value) {
        return "#define " + name + " " + value + "\n";
    }

    Launch bind(CudaFunction function, CudaStream stream, long source, long target) {
        int count = Math.toIntExact(from.sizes()[0] * height * width * (channels / GROUP));
        return function.bind(stream, new int[] {(count + THREADS - 1) / THREADS}, new int[] {THREADS}, 0,
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

    private long[] strides() {
        long[] strides = from.strides();
        int last = strides.length - 1;
        return new long[] {strides[0], strides[1], strides[last] * from.sizes()[last], strides[last]};
    }
}
