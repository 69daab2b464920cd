package io.firesteel.backend.cuda.dnn;

import io.firesteel.backend.Launch;
import io.firesteel.backend.Sizes;
import io.firesteel.backend.cuda.KernelText;
import io.firesteel.backend.cuda.driver.CudaContext;
import io.firesteel.backend.cuda.driver.CudaFunction;
import io.firesteel.backend.cuda.driver.CudaStream;
import java.util.ArrayList;
import java.util.List;

/**
 * An {@link IntegerProduct} with the windows of an image of few channels that lies plane by plane, without rearranging it in memory: a
 * block of threads keeps the rows it needs in shared memory. A row of the window is padded to whole words.
 *
 * @param product what is computed; its summands are those of {@link #summands}
 * @param planes channels
 */
record IntegerImage(IntegerProduct product, long planes) {

    private static final String SOURCE = KernelText.of(IntegerImage.class, "integer_image.cu");
    private static final int THREADS = 256;
    private static final int PIXELS_AT_ONCE = THREADS / 32 * 16;
    private static final int WORD = 4;
    private static final int WORDS_OF_A_THREAD = 4;
    private static final int BANKS = 32;
    private static final int MOST_ROWS = 8;
    private static final long MOST_IMAGE_BYTES = 80 << 10;
    private static final long MOST_WINDOW_WIDTH = 2 * WORD;

    /** Whether there is a way for a window over an image. */
    static boolean fits(long planes, List<Long> window, List<Long> strides, long width) {
        return width % WORD == 0 && window.get(1) <= MOST_WINDOW_WIDTH && WORD % strides.get(1) == 0
                && summands(planes, window).size() <= 4L * IntegerProduct.PAIR;
    }

    /** Where the weights of each summand are among those of a column: rows of the window one after the other, padded to words. */
    static List<Long> summands(long planes, List<Long> window) {
        List<Long> summands = new ArrayList<>();
        for (long line = 0; line < planes * window.get(0); line++) {
            for (long x = 0; x < windowWords(window) * WORD; x++) {
                summands.add(x < window.get(1) ? line * window.get(1) + x : -1);
            }
        }
        return summands;
    }

    private static long windowWords(List<Long> window) {
        return window.get(1) <= WORD ? 1 : 2;
    }

    private long outWidth() {
        return product.image().sizes().get(3);
    }

    private long outHeight() {
        return product.image().sizes().get(2);
    }

    private long stride(int axis) {
        return product.image().strides().get(axis);
    }

    private long copies() {
        return WORD / stride(1);
    }

    private long lines(long rows) {
        return (rows - 1) * stride(0) + product.image().window().get(0);
    }

    private long lineWords() {
        return Sizes.ceilDiv(stride(1) * (outWidth() - 1), WORD) + windowWords(product.image().window());
    }

    /** Such that the threads of a warp, which are several rows of the window apart, read from different banks. */
    private long pitch() {
        long step = WORDS_OF_A_THREAD / windowWords(product.image().window());
        long pitch = lineWords();
        while (pitch * step % BANKS != 2 * WORDS_OF_A_THREAD) {
            pitch++;
        }
        return pitch;
    }

    private long copyWords(long rows) {
        long words = planes * lines(rows) * pitch();
        while (words % BANKS != 2 * WORDS_OF_A_THREAD / copies()) {
            words++;
        }
        return words;
    }

    private long imageBytes(long rows) {
        return copies() * copyWords(rows) * WORD;
    }

    /** Rows of the result that a block makes: those for which fewest threads idle. */
    private long rows() {
        long best = 1;
        double least = Double.MAX_VALUE;
        for (long rows = 1; rows <= Math.min(MOST_ROWS, outHeight()) && imageBytes(rows) <= MOST_IMAGE_BYTES; rows++) {
            double work = Sizes.ceilDiv(outHeight(), rows)
                    * (Sizes.ceilDiv(rows * outWidth(), PIXELS_AT_ONCE) + lines(rows) / (2.0 * WORDS_OF_A_THREAD));
            if (work < least) {
                best = rows;
                least = work;
            }
        }
        return best;
    }

    private long parts() {
        return Sizes.ceilDiv(outHeight(), rows());
    }

    String text() {
        long rows = rows();
        return product.defines(THREADS, product.pairs() <= 2 ? 3 : 2) + InputPacking.define("PLANES", planes) + InputPacking.define("PARTS", parts())
                + InputPacking.define("BLOCK_ROWS", rows) + InputPacking.define("LINES", lines(rows))
                + InputPacking.define("LINE_WORDS", lineWords()) + InputPacking.define("PITCH_WORDS", pitch())
                + InputPacking.define("COPY", copyWords(rows)) + InputPacking.define("COPIES", copies())
                + InputPacking.define("WINDOW_WORDS", windowWords(product.image().window()))
                + InputPacking.define("WINDOW_HEIGHT", product.image().window().get(0))
                + IntegerProduct.SHARED + SOURCE;
    }

    CudaFunction compile(CudaContext context) {
        return context.compile("product", text()).function("product");
    }

    /** As {@link IntegerProduct#bind}. */
    Launch bind(CudaFunction compiled, CudaStream stream, long[] addresses, float[] numbers) {
        long images = product.image().count() / (outHeight() * outWidth());
        int grid = Math.toIntExact(images * parts() * product.tiles());
        int shared = Math.toIntExact(product.sharedBytes() + imageBytes(rows()));
        return compiled.bind(stream, new int[] {grid}, new int[] {THREADS}, shared, product.arguments(addresses, numbers));
    }
}
