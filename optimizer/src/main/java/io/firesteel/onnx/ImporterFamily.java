package io.firesteel.onnx;

/** The importers of a group of ONNX operators, found through {@link java.util.ServiceLoader}. */
public interface ImporterFamily {

    /** Registers each importer of the family. */
    void register(Registry registry);

    /** Where importers are registered. */
    interface Registry {

        /**
         * Registers an importer for a range of operator-set versions.
         *
         * @param domain the operator set's domain; the empty string is ONNX's own
         * @param operator the operator's type name
         * @param since first operator-set version it is right for
         * @param until last such version, inclusive; {@link Integer#MAX_VALUE} for no end
         */
        void add(String domain, String operator, int since, int until, OperatorImporter importer);

        /** Registers an importer that reads every version of an operator of ONNX's own domain. */
        default void add(String operator, OperatorImporter importer) {
            add("", operator, 1, Integer.MAX_VALUE, importer);
        }
    }
}
