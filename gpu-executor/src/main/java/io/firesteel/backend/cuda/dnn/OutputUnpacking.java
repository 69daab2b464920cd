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
 * Rearranges what a convolution made: channels become blocks of pixels (depth to space), padding of the channels and of the image is
 * left out. Channel {@code (y * blockWidth + x) * C + c} at row {@code q} is channel {@code c} of the result at row
 * {@code q * blockHeight + y - cropTop}; columns likewise.
 *
 * @param type element type of what the convolution made, whose channels are innermost
 * @param channels its channels
 * @param height its rows
 * @param width its columns
 * @param blockHeight rows of a block
 * @param blockWidth columns of a block
 * @param cropTop rows left out
 * @param cropLeft columns left out
 */
record OutputUnpacking(DataType type, long channels, long height, long width, long blockHeight, long blockWidth, long cropTop,
        long cropLeft) {

    private static final int THREADS = 256;

    private static final String SOURCE = """
            extern "C" __global__ void __launch_bounds__(THREADS) unpack(const FROM* x, TO* y, long long count) {
                long long i = blockIdx.x * (long long) THREADS + threadIdx.x;
                if (i >= count) return;
                int c, h, w; long long n, rest = i;
                if (CHANNELS_INNERMOST) { c = rest % CHANNELS; rest /= CHANNELS; }
                w = rest % COLUMNS; rest /= COLUMNS;
                h = rest % ROWS; rest /= ROWS;
                if (!CHANNELS_INNERMOST) { c = rest % CHANNELS; rest /= CHANNELS; }
                n = rest;
                int row = h + CROP_TOP, column = w + CROP_LEFT;
                int channel = ((row % BLOCK_HEIGHT) * BLOCK_WIDTH + column % BLOCK_WIDTH) * CHANNELS + c;
                FROM value = x[((n * HEIGHT + row / BLOCK_HEIGHT) * WIDTH + column / BLOCK_WIDTH) * FROM_CHANNELS + channel];
                y[n * STRIDE_N + c * STRIDE_C + h * STRIDE_H + w * STRIDE_W] = from_float<TO>(to_float(value));
            }
            """;

    /** Bytes of what the convolution made. */
    long bytes(long batch) {
        return batch * height * width * channels * type.bytes();
    }

    CudaFunction compile(CudaContext context, TensorLayout to) {
        long[] sizes = InputPacking.rows(to.sizes());
        long[] strides = InputPacking.strides(to);
        String defines = InputPacking.define("THREADS", THREADS)
                + InputPacking.define("CHANNELS_INNERMOST", to.format() == TensorFormat.LINEAR ? 0 : 1)
                + InputPacking.define("CHANNELS", sizes[1]) + InputPacking.define("ROWS", sizes[2])
                + InputPacking.define("COLUMNS", sizes[3]) + InputPacking.define("CROP_TOP", cropTop)
                + InputPacking.define("CROP_LEFT", cropLeft) + InputPacking.define("BLOCK_HEIGHT", blockHeight)
                + InputPacking.define("BLOCK_WIDTH", blockWidth) + InputPacking.define("HEIGHT", height)
                + InputPacking.define("WIDTH", width) + InputPacking.define("FROM_CHANNELS", channels)
                + InputPacking.define("STRIDE_N", strides[0] + "LL") + InputPacking.define("STRIDE_C", strides[1] + "LL")
                + InputPacking.define("STRIDE_H", strides[2] + "LL") + InputPacking.define("STRIDE_W", strides[3] + "LL")
                + InputPacking.define("FROM", DeviceTypes.name(type)) + InputPacking.define("TO", DeviceTypes.name(to.dataType()));
        return context.compile("unpack", DeviceTypes.prelude(type) + defines + SOURCE).function("unpack");
    }

    Launch bind(CudaFunction function, CudaStream stream, TensorLayout to, long source, long target) {
        long count = to.type().shape().elements();
        return function.bind(stream, new int[] {Math.toIntExact((count + THREADS - 1) / THREADS)}, new int[] {THREADS}, 0,
                new KernelArguments().pointer(source).pointer(target).int64(count));
    }
}
