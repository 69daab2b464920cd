package io.firesteel.hostile;

import com.google.protobuf.ByteString;
import com.google.protobuf.Descriptors.EnumValueDescriptor;
import com.google.protobuf.Descriptors.FieldDescriptor;
import com.google.protobuf.Message;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;

/** Changes fields of a protobuf message at random places, keeping it a well-formed message of its type. */
final class MessageMutator {

    private static final long[] INTEGERS = {0, 1, -1, 2, 3, 5, 7, 8, 13, 33, 64, 1000, 65536, 1L << 24, Integer.MAX_VALUE, 1L << 31,
        1L << 32, 1L << 40, (1L << 40) + 1, 1L << 62, Long.MAX_VALUE, Long.MIN_VALUE, Integer.MIN_VALUE, -2, -3};
    private static final double[] REALS = {0, -0.0, 1, -1, 0.5, 1e30, -1e30, 1e-30, Double.NaN, Double.POSITIVE_INFINITY,
        Double.NEGATIVE_INFINITY, 3e9};
    private static final int COPIES = 300;
    private static final double DESCEND = 0.85;

    private final Random random;
    private final List<String> strings = new ArrayList<>();

    MessageMutator(Random random) {
        this.random = random;
    }

    /** The message with the given number of changes. */
    Message mutate(Message message, int changes) {
        strings.clear();
        collect(message);
        Message.Builder builder = message.toBuilder();
        for (int i = 0; i < changes; i++) {
            change(builder);
        }
        return builder.build();
    }

    private void collect(Message message) {
        for (Object value : message.getAllFields().values()) {
            for (Object element : value instanceof List<?> list ? list : List.of(value)) {
                if (element instanceof Message inner) {
                    collect(inner);
                } else if (element instanceof String text) {
                    strings.add(text);
                }
            }
        }
    }

    private void change(Message.Builder builder) {
        List<FieldDescriptor> set = new ArrayList<>(builder.getAllFields().keySet());
        if (set.isEmpty() || random.nextInt(12) == 0) {
            addField(builder);
            return;
        }
        FieldDescriptor field = set.get(random.nextInt(set.size()));
        if (field.isMapField()) {
            builder.clearField(field);
        } else if (field.isRepeated()) {
            changeRepeated(builder, field);
        } else if (field.getJavaType() == FieldDescriptor.JavaType.MESSAGE) {
            if (random.nextDouble() < DESCEND) {
                Message.Builder inner = ((Message) builder.getField(field)).toBuilder();
                change(inner);
                builder.setField(field, inner.build());
            } else {
                builder.clearField(field);
            }
        } else if (random.nextInt(10) == 0) {
            builder.clearField(field);
        } else {
            builder.setField(field, scalar(field, builder.getField(field)));
        }
    }

    private void changeRepeated(Message.Builder builder, FieldDescriptor field) {
        int count = builder.getRepeatedFieldCount(field);
        int at = random.nextInt(count);
        Object element = builder.getRepeatedField(field, at);
        boolean isMessage = field.getJavaType() == FieldDescriptor.JavaType.MESSAGE;
        if (random.nextDouble() < (isMessage ? DESCEND : 0.6)) {
            if (isMessage) {
                Message.Builder inner = ((Message) element).toBuilder();
                change(inner);
                builder.setRepeatedField(field, at, inner.build());
            } else {
                builder.setRepeatedField(field, at, scalar(field, element));
            }
            return;
        }
        switch (random.nextInt(5)) {
            case 0 -> {
                List<Object> left = new ArrayList<>((List<?>) builder.getField(field));
                left.remove(at);
                builder.setField(field, left);
            }
            case 1 -> builder.addRepeatedField(field, element);
            case 2 -> {
                int other = random.nextInt(count);
                builder.setRepeatedField(field, at, builder.getRepeatedField(field, other));
                builder.setRepeatedField(field, other, element);
            }
            case 3 -> {
                for (int i = 0; i < COPIES; i++) {
                    builder.addRepeatedField(field, element);
                }
            }
            default -> builder.clearField(field);
        }
    }

    private void addField(Message.Builder builder) {
        List<FieldDescriptor> fields = builder.getDescriptorForType().getFields();
        if (fields.isEmpty()) {
            return;
        }
        FieldDescriptor field = fields.get(random.nextInt(fields.size()));
        if (field.isMapField()) {
            return;
        }
        Object value = field.getJavaType() == FieldDescriptor.JavaType.MESSAGE
                ? builder.newBuilderForField(field).buildPartial() : scalar(field, field.isRepeated() ? null : builder.getField(field));
        if (field.isRepeated()) {
            builder.addRepeatedField(field, value);
        } else {
            builder.setField(field, value);
        }
    }

    private Object scalar(FieldDescriptor field, Object old) {
        return switch (field.getJavaType()) {
            case INT -> (int) integer();
            case LONG -> integer();
            case FLOAT -> (float) REALS[random.nextInt(REALS.length)];
            case DOUBLE -> REALS[random.nextInt(REALS.length)];
            case BOOLEAN -> random.nextBoolean();
            case STRING -> string(old == null ? "" : (String) old);
            case BYTE_STRING -> bytes(old == null ? ByteString.EMPTY : (ByteString) old);
            case ENUM -> {
                List<EnumValueDescriptor> values = field.getEnumType().getValues();
                yield values.get(random.nextInt(values.size()));
            }
            case MESSAGE -> throw new IllegalArgumentException("not a scalar: " + field);
        };
    }

    private long integer() {
        return INTEGERS[random.nextInt(INTEGERS.length)];
    }

    private String string(String old) {
        return switch (random.nextInt(6)) {
            case 0 -> "";
            case 1 -> old + "\n\u001b[2J" + old;
            case 2 -> "x".repeat(20_000);
            default -> strings.isEmpty() ? "y" : strings.get(random.nextInt(strings.size()));
        };
    }

    private ByteString bytes(ByteString old) {
        return switch (random.nextInt(4)) {
            case 0 -> old.substring(0, random.nextInt(old.size() + 1));
            case 1 -> old.concat(old);
            default -> ByteString.copyFrom(hostileNumbers(old.toByteArray()));
        };
    }

    /** The bytes with some 8-byte or 4-byte words overwritten by extreme integers or floats. */
    byte[] hostileNumbers(byte[] bytes) {
        ByteBuffer words = ByteBuffer.wrap(bytes).order(ByteOrder.LITTLE_ENDIAN);
        for (int i = 0; i < 1 + random.nextInt(2); i++) {
            if (bytes.length >= Long.BYTES && bytes.length % Long.BYTES == 0 && random.nextInt(4) > 0) {
                words.putLong(random.nextInt(bytes.length / Long.BYTES) * Long.BYTES, integer());
            } else if (bytes.length >= Float.BYTES) {
                words.putFloat(random.nextInt(bytes.length / Float.BYTES) * Float.BYTES,
                        (float) REALS[random.nextInt(REALS.length)]);
            } else if (bytes.length > 0) {
                words.put(random.nextInt(bytes.length), (byte) random.nextInt());
            }
        }
        return bytes;
    }
}
