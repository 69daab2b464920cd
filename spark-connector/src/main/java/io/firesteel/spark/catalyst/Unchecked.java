package io.firesteel.spark.catalyst;

/** Throws Spark's checked exceptions from methods of Scala, which declares none. */
final class Unchecked {

    private Unchecked() { }

    /** Throws the exception as it is; the result lets callers write {@code throw}. */
    static RuntimeException raise(Exception exception) {
        return Unchecked.<RuntimeException>sneak(exception);
    }

    @SuppressWarnings("unchecked")
    private static <E extends Exception> RuntimeException sneak(Exception exception) throws E {
        throw (E) exception;
    }
}
