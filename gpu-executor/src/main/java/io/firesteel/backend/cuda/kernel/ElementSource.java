package io.firesteel.backend.cuda.kernel;

import io.firesteel.backend.Sizes;
import io.firesteel.backend.TensorLayout;
import io.firesteel.tensor.DataType;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;

/**
 * A kernel whose threads each compute one element of a domain, from text written in the domain's coordinates {@code c0, c1, ...}.
 * Inputs are read as {@code name(i0, i1, ...)}, outputs written as {@code set_name(value, i0, i1, ...)}.
 */
final class ElementSource {

    private static final int THREADS = 256;

    private final String entry;
    private final long[] domain;
    private long[] order;
    private long largest;
    private final StringBuilder accessors = new StringBuilder();
    private final List<String> parameters = new ArrayList<>();
    private final List<Argument> arguments = new ArrayList<>();
    private final StringBuilder body = new StringBuilder();

    /**
     * @param entry name of the kernel
     * @param domain sizes of what is computed by one thread each
     */
    ElementSource(String entry, long[] domain) {
        this.entry = entry;
        this.domain = domain.length == 0 ? new long[] {1} : domain.clone();
        this.order = Sizes.strides(this.domain);
        this.largest = Sizes.product(this.domain) + THREADS;
    }

    /** Reads input {@code index} of the step. */
    ElementSource input(String name, int index, TensorLayout layout) {
        return input(name, Argument.input(index), layout.dataType(), layout.sizes(), layout.strides());
    }

    ElementSource input(String name, Argument place, DataType type, long[] sizes, long[] strides) {
        extent(sizes, strides);
        String storage = CudaTypes.storage(type);
        accessors.append("#define ").append(name).append('(').append(parameterList(sizes.length)).append(") get(in_").append(name)
                .append('[').append(offset(strides)).append("])\n");
        parameters.add("const " + storage + "* in_" + name);
        arguments.add(place);
        return this;
    }

    /** Writes output {@code index} of the step. */
    ElementSource output(String name, int index, TensorLayout layout) {
        return output(name, Argument.output(index), layout.dataType(), layout.sizes(), layout.strides());
    }

    /** The first output of the domain's rank settles the order of threads. */
    ElementSource output(String name, Argument place, DataType type, long[] sizes, long[] strides) {
        extent(sizes, strides);
        String storage = CudaTypes.storage(type);
        String list = parameterList(sizes.length);
        accessors.append("#define set_").append(name).append("(value, ").append(list).append(") (out_")
                .append(name).append('[').append(offset(strides)).append("] = put<").append(storage).append(">(value))\n");
        parameters.add(storage + "* out_" + name);
        arguments.add(place);
        if (sizes.length == domain.length && parameters.stream().filter(p -> p.contains("out_")).count() == 1) {
            order = strides.clone();
        }
        return this;
    }

    /** A pointer to elements that the body reads or writes by itself. */
    ElementSource pointer(String name, String type, Argument place) {
        parameters.add(type + "* " + name);
        arguments.add(place);
        return this;
    }

    /** Widens element numbers where a tensor has {@code elements}. */
    ElementSource extent(long elements) {
        largest = Math.max(largest, elements + THREADS);
        return this;
    }

    /** Declares {@code place(index, size)}: an index that may count from the end, clamped. */
    ElementSource places() {
        accessors.append("template <class T> DEV index_t place(T index, long long size) {\n"
                + "    long long at = (long long) index;\n    at = at < 0 ? at + size : at;\n"
                + "    return (index_t) (at < 0 ? 0 : at >= size ? size - 1 : at);\n}\n");
        return this;
    }

    private void extent(long[] sizes, long[] strides) {
        long end = THREADS;
        for (int i = 0; i < sizes.length; i++) {
            end += sizes[i] * Math.abs(strides[i]);
        }
        largest = Math.max(largest, end);
    }

    /** A scalar's accessor takes any coordinates. */
    private static String parameterList(int rank) {
        if (rank == 0) {
            return "...";
        }
        List<String> names = new ArrayList<>();
        for (int i = 0; i < rank; i++) {
            names.add("i" + i);
        }
        return String.join(", ", names);
    }

    private static String offset(long[] strides) {
        StringBuilder text = new StringBuilder();
        for (int i = 0; i < strides.length; i++) {
            text.append(i == 0 ? "" : " + ").append("(index_t) (i").append(i).append(") * (").append(strides[i]).append(')');
        }
        return text.length() == 0 ? "0" : text.toString();
    }

    ElementSource line(String format, Object... values) {
        body.append("    ").append(values.length == 0 ? format : String.format(java.util.Locale.ROOT, format, values)).append('\n');
        return this;
    }

    /** Coordinates {@code c0, c1, ...} joined for an accessor. */
    String here() {
        List<String> names = new ArrayList<>();
        for (int i = 0; i < domain.length; i++) {
            names.add("c" + i);
        }
        return String.join(", ", names);
    }

    KernelCall call() {
        Integer[] axes = new Integer[domain.length];
        for (int i = 0; i < axes.length; i++) {
            axes[i] = i;
        }
        java.util.Arrays.sort(axes, Comparator.comparingLong((Integer i) -> Math.abs(order[i])).reversed());
        long[] sizes = new long[axes.length];
        for (int i = 0; i < axes.length; i++) {
            sizes[i] = domain[axes[i]];
        }
        long count = Sizes.product(domain);
        SourceText text = new SourceText().indexType(largest);
        text.line("%s", accessors);
        text.line("extern \"C\" __global__ void __launch_bounds__(%d) %s(%s) {", THREADS, entry, String.join(", ", parameters));
        text.line("    const index_t number = (index_t) blockIdx.x * %d + threadIdx.x;", THREADS);
        text.line("    if (number >= %d) return;", count);
        text.coordinates("w", "number", sizes);
        for (int i = 0; i < axes.length; i++) {
            text.line("    const index_t c%d = w%d;", axes[i], i);
        }
        text.line("%s}", body);
        return new KernelCall(entry, text.toString(), Sizes.ceilDiv(count, THREADS), THREADS, arguments);
    }
}
