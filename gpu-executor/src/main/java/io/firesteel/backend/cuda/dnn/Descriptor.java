package io.firesteel.backend.cuda.dnn;

import io.firesteel.FiresteelException;
import java.util.function.ObjIntConsumer;
import java.nio.ByteBuffer;
import java.util.List;
import jcuda.jcudnn.JCudnn;
import jcuda.jcudnn.cudnnBackendDescriptor;

/** A native object of cuDNN's graph API: attributes are set, then it is finished, and others may refer to it. */
final class Descriptor implements AutoCloseable {

    /** Exposes the native address, which other descriptors hold. */
    private static final class Native extends cudnnBackendDescriptor {
        long address() {
            return getNativePointer();
        }
    }

    private final DescriptorKind kind;
    private final Native handle = new Native();
    private boolean open = true;

    Descriptor(DescriptorKind kind) {
        this.kind = kind;
        check(JCudnn.cudnnBackendCreateDescriptor(kind.code, handle), "create");
    }

    long address() {
        return handle.address();
    }

    cudnnBackendDescriptor handle() {
        return handle;
    }

    Descriptor set(Attribute attribute, long... values) {
        return put(attribute, values.length, (block, i) -> {
            switch (attribute.type.bytes) {
                case 1 -> block.put((byte) values[i]);
                case 4 -> block.putInt((int) values[i]);
                default -> block.putLong(values[i]);
            }
        });
    }

    Descriptor set(Attribute attribute, List<Long> values) {
        return set(attribute, values.stream().mapToLong(Long::longValue).toArray());
    }

    Descriptor setReal(Attribute attribute, double value) {
        return put(attribute, 1, (block, i) -> {
            if (attribute.type == AttributeType.FLOAT) {
                block.putFloat((float) value);
            } else {
                block.putDouble(value);
            }
        });
    }

    Descriptor set(Attribute attribute, Descriptor... values) {
        return put(attribute, values.length, (block, i) -> block.putLong(values[i].address()));
    }

    private Descriptor put(Attribute attribute, int count, ObjIntConsumer<ByteBuffer> element) {
        HostBlock block = new HostBlock(count * attribute.type.bytes);
        for (int i = 0; i < count; i++) {
            element.accept(block.bytes(), i);
        }
        check(JCudnn.cudnnBackendSetAttribute(handle, attribute.code, attribute.type.code, count, block.pointer()),
                "set " + attribute + " of");
        return this;
    }

    /** Makes it usable; fails where cuDNN does not support what the attributes say. */
    Descriptor finish() {
        check(JCudnn.cudnnBackendFinalize(handle), "finish");
        return this;
    }

    /** Up to {@code limit} elements of an attribute of whole numbers. */
    long[] get(Attribute attribute, int limit) {
        int bytes = attribute.type.bytes;
        HostBlock block = new HostBlock(limit * bytes);
        long[] values = new long[read(attribute, limit, block)];
        for (int i = 0; i < values.length; i++) {
            values[i] = bytes == 4 ? block.bytes().getInt(i * bytes) : block.bytes().getLong(i * bytes);
        }
        return values;
    }

    /** Fills unfinished descriptors with the elements of an attribute; gives how many were filled. */
    int get(Attribute attribute, List<Descriptor> targets) {
        HostBlock block = new HostBlock(targets.size() * attribute.type.bytes);
        targets.forEach(t -> block.bytes().putLong(t.address()));
        return Math.min(targets.size(), read(attribute, targets.size(), block));
    }

    /** All characters of an attribute. */
    byte[] characters(Attribute attribute) {
        long[] count = new long[1];
        check(JCudnn.cudnnBackendGetAttribute(handle, attribute.code, attribute.type.code, 0, count, new HostBlock(0).pointer()),
                "measure " + attribute + " of");
        HostBlock block = new HostBlock(Math.toIntExact(count[0]));
        byte[] result = new byte[read(attribute, Math.toIntExact(count[0]), block)];
        block.bytes().get(0, result);
        return result;
    }

    Descriptor setCharacters(Attribute attribute, byte[] values) {
        return put(attribute, values.length, (block, i) -> block.put(values[i]));
    }

    private int read(Attribute attribute, int limit, HostBlock block) {
        long[] count = new long[1];
        check(JCudnn.cudnnBackendGetAttribute(handle, attribute.code, attribute.type.code, limit, count, block.pointer()),
                "get " + attribute + " of");
        return (int) Math.min(limit, count[0]);
    }

    private void check(int status, String what) {
        DnnStatus.check(status, what + " a descriptor of kind " + kind);
    }

    @Override
    public void close() {
        if (open) {
            open = false;
            JCudnn.cudnnBackendDestroyDescriptor(handle);
        }
    }

    /** Closes the descriptor where an action on it fails. */
    static Descriptor make(DescriptorKind kind, java.util.function.Consumer<Descriptor> setup) {
        Descriptor descriptor = new Descriptor(kind);
        try {
            setup.accept(descriptor);
            return descriptor.finish();
        } catch (FiresteelException e) {
            descriptor.close();
            throw e;
        }
    }
}
