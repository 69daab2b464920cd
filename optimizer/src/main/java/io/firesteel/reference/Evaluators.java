package io.firesteel.reference;

import io.firesteel.FiresteelException;
import io.firesteel.op.Operator;
import java.util.Collection;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;
import java.util.ServiceConfigurationError;
import java.util.ServiceLoader;

/** Every operator known to this JVM, with its evaluator. */
public final class Evaluators {

    private static volatile Evaluators current;

    private final Map<Class<?>, Evaluator<?>> evaluators = new HashMap<>();
    private final Map<String, Class<? extends Record>> operators = new HashMap<>();

    private Evaluators(Collection<EvaluatorFamily> families) {
        for (EvaluatorFamily family : families) {
            family.register(new EvaluatorFamily.Registry() {
                @Override
                public <O extends Record & Operator> void add(Class<O> type, Evaluator<O> evaluator) {
                    Class<?> other = operators.put(type.getSimpleName(), type);
                    if (other != null) {
                        throw new IllegalStateException("two operators are called " + type.getSimpleName() + ": " + other + ", " + type);
                    }
                    evaluators.put(type, evaluator);
                }
            });
        }
    }

    /** The operators of the class path and of the thread's context class loader. */
    public static Evaluators get() {
        Evaluators known = current;
        if (known == null) {
            synchronized (Evaluators.class) {
                if (current == null) {
                    current = load();
                }
                known = current;
            }
        }
        return known;
    }

    /** Looks again for operators: jars may have been added to the context class loader since. */
    public static synchronized Evaluators reload() {
        current = load();
        return current;
    }

    private static Evaluators load() {
        Map<String, EvaluatorFamily> families = new LinkedHashMap<>();
        try {
            for (ClassLoader loader : new ClassLoader[] {Evaluators.class.getClassLoader(),
                    Thread.currentThread().getContextClassLoader()}) {
                if (loader != null) {
                    ServiceLoader.load(EvaluatorFamily.class, loader).forEach(f -> families.putIfAbsent(f.getClass().getName(), f));
                }
            }
        } catch (ServiceConfigurationError e) {
            throw new FiresteelException("OPERATOR_LIBRARY_INVALID", FiresteelException.Kind.USER, null,
                    "an operator library cannot be loaded: " + e.getMessage(), e);
        }
        return new Evaluators(families.values());
    }

    /** The record class of the operator with this name, or empty where none is known. */
    public Optional<Class<? extends Record>> operator(String name) {
        return Optional.ofNullable(operators.get(name));
    }

    /** Every known operator class. */
    public Collection<Class<? extends Record>> operators() {
        return operators.values();
    }

    /** How an operator is computed. */
    @SuppressWarnings("unchecked")
    public <O extends Operator> Evaluator<O> of(O operator) {
        Evaluator<?> evaluator = evaluators.get(operator.getClass());
        if (evaluator == null) {
            throw FiresteelException.user("OPERATOR_UNKNOWN", "operator " + operator.name()
                    + " has no evaluator: put the jar that registers it on the class path");
        }
        return (Evaluator<O>) evaluator;
    }
}
