package io.firesteel.backend.cuda.kernel;

/** CUDA C++ in the making. */
final class SourceText {

    private final StringBuilder text = new StringBuilder();

    SourceText line(String format, Object... values) {
        text.append(values.length == 0 ? format : String.format(java.util.Locale.ROOT, format, values)).append('\n');
        return this;
    }

    SourceText define(String name, Object value) {
        text.append("#define ").append(name).append(' ').append(value).append('\n');
        return this;
    }

    /**
     * Declares coordinates {@code prefix0, prefix1, ...} of a row-major number.
     *
     * @param number a variable of type {@code index_t}, not negative
     */
    SourceText coordinates(String prefix, String number, long[] sizes) {
        String rest = number;
        for (int i = sizes.length - 1; i >= 0; i--) {
            if (i == 0) {
                line("const index_t %s0 = %s;", prefix, rest);
            } else if (sizes[i] == 1) {
                line("const index_t %s%d = 0;", prefix, i);
            } else {
                String next = prefix + "_" + i;
                line("const index_t %s = %s / %d; const index_t %s%d = %s - %s * %d;", next, rest, sizes[i], prefix, i, rest, next,
                        sizes[i]);
                rest = next;
            }
        }
        return this;
    }

    /** The sum of coordinates times strides. */
    static String offset(String prefix, long[] strides) {
        StringBuilder sum = new StringBuilder();
        for (int i = 0; i < strides.length; i++) {
            if (strides[i] != 0) {
                sum.append(sum.length() == 0 ? "" : " + ").append(prefix).append(i);
                if (strides[i] != 1) {
                    sum.append(" * (").append(strides[i]).append(")");
                }
            }
        }
        return sum.length() == 0 ? "0" : sum.toString();
    }

    /** Declares the type of element numbers; 64 bits wide where a tensor needs it. */
    SourceText indexType(long largest) {
        return line("typedef %s index_t;", largest > Integer.MAX_VALUE ? "long long" : "int");
    }

    @Override
    public String toString() {
        return text.toString();
    }
}
