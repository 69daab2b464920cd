package io.firesteel.plan;

import io.firesteel.FiresteelException;
import io.firesteel.graph.Graph;
import io.firesteel.op.Operator;
import io.firesteel.plan.proto.ComponentDefinition;
import io.firesteel.plan.proto.ComponentList;
import io.firesteel.plan.proto.ComponentValue;
import io.firesteel.plan.proto.RecordDefinition;
import io.firesteel.reference.Evaluators;
import io.firesteel.tensor.Tensor;
import io.firesteel.tensor.ValueType;
import java.lang.reflect.Constructor;
import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.ParameterizedType;
import java.lang.reflect.RecordComponent;
import java.lang.reflect.Type;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * Stores operators as name and components. Only Firesteel's own and registered operators, and the records their components
 * declare, are ever made from a file.
 */
final class RecordCodec {

    private final GraphCodec graphs;

    RecordCodec(GraphCodec graphs) {
        this.graphs = graphs;
    }

    RecordDefinition encode(Record value) {
        RecordDefinition.Builder definition = RecordDefinition.newBuilder().setName(value.getClass().getSimpleName());
        if (value instanceof Operator operator) {
            definition.setName(operator.name());
            OperatorGroups.group(operator).ifPresent(definition::setGroup);
        }
        for (RecordComponent component : value.getClass().getRecordComponents()) {
            try {
                component.getAccessor().setAccessible(true);
                definition.addComponents(ComponentDefinition.newBuilder().setName(component.getName())
                        .setValue(encodeValue(component.getAccessor().invoke(value))));
            } catch (ReflectiveOperationException e) {
                throw FiresteelException.internal("component " + component + " cannot be read", e);
            }
        }
        return definition.build();
    }

    private ComponentValue encodeValue(Object value) {
        ComponentValue.Builder encoded = ComponentValue.newBuilder();
        if (value instanceof Long || value instanceof Integer) {
            encoded.setInteger(((Number) value).longValue());
        } else if (value instanceof Float || value instanceof Double) {
            encoded.setReal(((Number) value).doubleValue());
        } else if (value instanceof Boolean flag) {
            encoded.setFlag(flag);
        } else if (value instanceof String text) {
            encoded.setText(text);
        } else if (value instanceof Enum<?> constant) {
            encoded.setText(constant.name());
        } else if (value instanceof List<?> list) {
            encoded.setList(encodeList(list));
        } else if (value instanceof Optional<?> optional) {
            ComponentList.Builder values = ComponentList.newBuilder();
            optional.ifPresent(v -> values.addValues(encodeValue(v)));
            encoded.setList(values);
        } else if (value instanceof ValueType type) {
            encoded.setType(TypeCodec.encode(type));
        } else if (value instanceof Tensor tensor) {
            encoded.setTensor(graphs.encode(tensor));
        } else if (value instanceof Graph graph) {
            encoded.setGraph(graphs.encode(graph));
        } else if (value instanceof Record record) {
            encoded.setRecord(encode(record));
        } else {
            throw FiresteelException.internal("a plan cannot store a component of " + (value == null ? "null" : value.getClass()), null);
        }
        return encoded.build();
    }

    private ComponentList encodeList(List<?> list) {
        ComponentList.Builder encoded = ComponentList.newBuilder();
        boolean floats = list.stream().allMatch(Float.class::isInstance);
        boolean integers = list.stream().allMatch(Long.class::isInstance);
        for (Object element : list) {
            if (floats) {
                encoded.addFloats((Float) element);
            } else if (integers) {
                encoded.addIntegers((Long) element);
            } else {
                encoded.addValues(encodeValue(element));
            }
        }
        return encoded.build();
    }

    Operator decodeOperator(RecordDefinition definition) {
        Class<? extends Record> type = OperatorGroups.operator(definition.getGroup(), definition.getName())
                .or(() -> Evaluators.get().operator(definition.getName()))
                .orElseThrow(() -> FiresteelException.user("OPERATOR_UNKNOWN", "the plan uses operator '" + definition.getName()
                        + "', which is not known here: put the jar that registers it on the class path"));
        return (Operator) decode(definition, type);
    }

    /** A flag that the plan does not name is false, so that records can be given further ones. */
    private Record decode(RecordDefinition definition, Class<?> type) {
        Map<String, ComponentValue> values = new HashMap<>();
        definition.getComponentsList().forEach(c -> values.put(c.getName(), c.getValue()));
        RecordComponent[] components = type.getRecordComponents();
        Object[] arguments = new Object[components.length];
        for (int i = 0; i < components.length; i++) {
            ComponentValue value = values.get(components[i].getName());
            if (value == null && components[i].getType() == boolean.class) {
                arguments[i] = false;
                continue;
            }
            if (value == null) {
                throw damaged(definition.getName() + " has no component '" + components[i].getName() + "'");
            }
            arguments[i] = decodeValue(value, components[i].getGenericType(), definition.getName());
        }
        try {
            Constructor<?> constructor = type.getDeclaredConstructor(
                    Arrays.stream(components).map(RecordComponent::getType).toArray(Class<?>[]::new));
            constructor.setAccessible(true);
            return (Record) constructor.newInstance(arguments);
        } catch (InvocationTargetException e) {
            throw damaged(definition.getName() + " refuses its components (" + e.getCause().getMessage() + ")");
        } catch (ReflectiveOperationException e) {
            throw FiresteelException.internal("record " + type + " cannot be made", e);
        }
    }

    private Object decodeValue(ComponentValue value, Type type, String owner) {
        if (type instanceof ParameterizedType generic) {
            require(value.hasList(), owner);
            List<?> list = decodeList(value.getList(), generic.getActualTypeArguments()[0], owner);
            return generic.getRawType() == Optional.class ? list.stream().findFirst() : List.copyOf(list);
        }
        Class<?> target = (Class<?>) type;
        if (target == long.class || target == Long.class) {
            require(value.hasInteger(), owner);
            return value.getInteger();
        }
        if (target == int.class || target == Integer.class) {
            require(value.hasInteger() && value.getInteger() == (int) value.getInteger(), owner);
            return (int) value.getInteger();
        }
        if (target == float.class || target == Float.class) {
            require(value.hasReal(), owner);
            return (float) value.getReal();
        }
        if (target == double.class || target == Double.class) {
            require(value.hasReal(), owner);
            return value.getReal();
        }
        if (target == boolean.class || target == Boolean.class) {
            require(value.hasFlag(), owner);
            return value.getFlag();
        }
        if (target == String.class) {
            require(value.hasText(), owner);
            return value.getText();
        }
        if (target.isEnum()) {
            require(value.hasText(), owner);
            return Arrays.stream(target.getEnumConstants()).filter(c -> ((Enum<?>) c).name().equals(value.getText())).findFirst()
                    .orElseThrow(() -> damaged(owner + " names no " + target.getSimpleName() + " '" + value.getText() + "'"));
        }
        if (target == Tensor.class) {
            require(value.hasTensor(), owner);
            return graphs.decode(value.getTensor());
        }
        if (target == Graph.class) {
            require(value.hasGraph(), owner);
            return graphs.decode(value.getGraph());
        }
        if (ValueType.class.isAssignableFrom(target)) {
            require(value.hasType(), owner);
            ValueType decoded = TypeCodec.decode(value.getType());
            require(target.isInstance(decoded), owner);
            return decoded;
        }
        require(value.hasRecord(), owner);
        Object decoded = target.isRecord() ? decode(value.getRecord(), target) : decodeOperator(value.getRecord());
        require(target.isInstance(decoded), owner);
        return decoded;
    }

    private List<?> decodeList(ComponentList encoded, Type element, String owner) {
        if (encoded.getFloatsCount() > 0) {
            require(element == Float.class, owner);
            return encoded.getFloatsList();
        }
        if (encoded.getIntegersCount() > 0) {
            require(element == Long.class, owner);
            return encoded.getIntegersList();
        }
        List<Object> list = new ArrayList<>(encoded.getValuesCount());
        for (ComponentValue value : encoded.getValuesList()) {
            list.add(decodeValue(value, element, owner));
        }
        return list;
    }

    private static void require(boolean condition, String owner) {
        if (!condition) {
            throw damaged(owner + " has a component of the wrong kind");
        }
    }

    private static FiresteelException damaged(String what) {
        return FiresteelException.user("PLAN_DAMAGED", "the plan is damaged: " + what);
    }
}
