package io.firesteel.backend;

import java.util.Optional;

/**
 * What was settled on among the alternatives that a kernel has within itself, such as the engine configurations of a library; kept with
 * the tactic table, so that every process that reads the table computes alike. Safe for many threads.
 */
public interface Configurations {

    /** Nothing is known, and nothing is kept. */
    Configurations NONE = new Configurations() {

        @Override
        public Optional<String> of(String subject) {
            return Optional.empty();
        }

        @Override
        public void settle(String subject, String configuration) { }
    };

    /**
     * What was settled on.
     *
     * @param subject what is computed, without blanks
     */
    Optional<String> of(String subject);

    /**
     * Settles on a configuration, instead of an earlier one.
     *
     * @param subject what is computed, without blanks
     * @param configuration one line
     */
    void settle(String subject, String configuration);
}
