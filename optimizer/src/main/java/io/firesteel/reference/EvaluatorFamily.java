package io.firesteel.reference;

import io.firesteel.op.Operator;

/**
 * A group of operators with their evaluators, found through {@link java.util.ServiceLoader}. This is also how a user makes an
 * operator of their own known to Firesteel, from their own jar.
 */
public interface EvaluatorFamily {

    /** Registers each operator of the family. */
    void register(Registry registry);

    /** Where operators are registered. */
    interface Registry {

        /**
         * Makes an operator known.
         *
         * @param type the operator's record class
         * @param evaluator how it is computed
         * @param <O> the record
         */
        <O extends Record & Operator> void add(Class<O> type, Evaluator<O> evaluator);
    }
}
