package io.firesteel.plan;

import io.firesteel.op.Operator;
import java.util.Optional;

/**
 * Finds Firesteel's own operators by the class that groups them, so that a plan is read without loading all operators and
 * evaluators that there are.
 */
final class OperatorGroups {

    private static final String PACKAGE = Operator.class.getPackageName() + ".";

    private OperatorGroups() { }

    /** The name of the class that groups an operator of Firesteel's own with others. */
    static Optional<String> group(Operator operator) {
        Class<?> group = operator.getClass().getEnclosingClass();
        return group != null && className(group.getSimpleName(), operator.name()).equals(operator.getClass().getName())
                ? Optional.of(group.getSimpleName()) : Optional.empty();
    }

    /**
     * The record class of an operator.
     *
     * @param group where to look for it; empty for operators that stand alone
     * @return the class, or empty where Firesteel has no such operator of its own there
     */
    static Optional<Class<? extends Record>> operator(String group, String name) {
        if (!(group + name).chars().allMatch(Character::isJavaIdentifierPart)) {
            return Optional.empty();
        }
        try {
            Class<?> type = Class.forName(className(group, name), false, Operator.class.getClassLoader());
            return type.isRecord() && Operator.class.isAssignableFrom(type) ? Optional.of(type.asSubclass(Record.class)) : Optional.empty();
        } catch (ClassNotFoundException | LinkageError e) {
            return Optional.empty();
        }
    }

    private static String className(String group, String name) {
        return PACKAGE + (group.isEmpty() ? name : group + "$" + name);
    }
}
