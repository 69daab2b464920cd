package io.firesteel.backend.cuda.dnn;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/** Sizes and strides as lists, the form cuDNN's tensors have here. */
final class Dimensions {

    private Dimensions() { }

    static List<Long> list(long... values) {
        return Arrays.stream(values).boxed().toList();
    }

    /** Strides of an image that stands alone, channels innermost. */
    static List<Long> channelsLast(List<Long> sizes) {
        Long[] strides = new Long[sizes.size()];
        strides[1] = 1L;
        long stride = sizes.get(1);
        for (int i = sizes.size() - 1; i >= 2; i--) {
            strides[i] = stride;
            stride *= sizes.get(i);
        }
        strides[0] = stride;
        return List.of(strides);
    }

    /** Strides of a row-major tensor. */
    static List<Long> rowMajor(List<Long> sizes) {
        Long[] strides = new Long[sizes.size()];
        long stride = 1;
        for (int i = sizes.size() - 1; i >= 0; i--) {
            strides[i] = stride;
            stride *= sizes.get(i);
        }
        return List.of(strides);
    }

    /** The list with a value put in at a place. */
    static List<Long> with(List<Long> values, int index, long value) {
        List<Long> result = new ArrayList<>(values);
        result.add(index, value);
        return result;
    }
}
