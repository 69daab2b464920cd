package io.firesteel.backend.cpu.onednn;

import io.firesteel.FiresteelException;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.function.Supplier;
import org.bytedeco.dnnl.dnnl_engine;
import org.bytedeco.dnnl.dnnl_memory_desc;
import org.bytedeco.dnnl.dnnl_primitive;
import org.bytedeco.dnnl.dnnl_primitive_attr;
import org.bytedeco.dnnl.dnnl_primitive_desc;
import org.bytedeco.dnnl.global.dnnl;
import org.bytedeco.javacpp.BytePointer;
import org.bytedeco.javacpp.PointerPointer;

/**
 * One oneDNN operation. Immutable and shared by all threads; a session {@linkplain #bind binds} it to its own
 * memory. Arguments are positional, in the order its factory documents, the operands of binary post-operations after them.
 * Closing it while executions exist is an error of the caller.
 */
public final class Primitive implements AutoCloseable {

    /** The code of the error that says that oneDNN has no fast implementation. */
    public static final String UNSUPPORTED = "CPU_UNSUPPORTED";

    private final String name;
    private final dnnl_primitive_desc descriptor;
    private dnnl_primitive primitive;
    private final int[] arguments;
    private final List<MemoryDesc> descs;
    private final MemoryDesc scratchpad;
    private final String implementation;

    private Primitive(String name, dnnl_primitive_desc descriptor, int[] arguments, List<MemoryDesc> descs, MemoryDesc scratchpad,
            String implementation) {
        this.name = name;
        this.descriptor = descriptor;
        this.arguments = arguments;
        this.descs = descs;
        this.scratchpad = scratchpad;
        this.implementation = implementation;
    }

    /** One argument: its oneDNN index and the layout asked for, which may be "any". */
    record Argument(int index, MemoryDesc desc) {}

    /** Creates the primitive descriptor; returns oneDNN's status. */
    interface DescriptorFactory {
        int create(dnnl_primitive_desc result, dnnl_engine engine, dnnl_primitive_attr attr, NativeScope scope);
    }

    /**
     * @throws FiresteelException code {@link #UNSUPPORTED} where oneDNN has no fast implementation
     */
    static Primitive create(String name, List<Argument> arguments, List<PostOp> postOps, DescriptorFactory factory) {
        return create(name, arguments, postOps, List.of(), factory, false);
    }

    /** As {@link #create}, between quantized tensors. */
    static Primitive createRescaled(String name, List<Argument> arguments, List<PostOp> postOps, List<Rescaling> rescalings,
            DescriptorFactory factory) {
        return create(name, arguments, postOps, rescalings, factory, false);
    }

    /** As {@link #create}, but for work done once, such as reordering weights, where a slow way is better than none. */
    static Primitive createAllowingReference(String name, List<Argument> arguments, List<PostOp> postOps,
            DescriptorFactory factory) {
        return create(name, arguments, postOps, List.of(), factory, true);
    }

    /** What is made of primitives, or empty where oneDNN has no fast implementation of one. */
    public static <T> Optional<T> attempt(Supplier<T> making) {
        try {
            return Optional.of(making.get());
        } catch (FiresteelException e) {
            if (!e.code().equals(UNSUPPORTED)) {
                throw e;
            }
            return Optional.empty();
        }
    }

    /** The {@linkplain #implementation() implementation} of a primitive that is not kept, or empty where oneDNN has no fast one. */
    public static Optional<String> implementation(Supplier<Primitive> making) {
        return attempt(making).map(primitive -> {
            primitive.close();
            return primitive.implementation;
        });
    }

    private static Primitive create(String name, List<Argument> arguments, List<PostOp> postOps, List<Rescaling> rescalings,
            DescriptorFactory factory, boolean allowReference) {
        OneDnn.useOneThread();
        try (NativeScope scope = new NativeScope()) {
            dnnl_primitive_attr attr = PostOp.attributes(postOps, scope);
            rescalings.forEach(r -> r.apply(attr));
            dnnl_primitive_desc pd = new dnnl_primitive_desc();
            int status = factory.create(pd, OneDnn.engine(), attr, scope);
            if (status == dnnl.dnnl_unimplemented || status == dnnl.dnnl_invalid_arguments) {
                throw unsupported(name, "oneDNN does not implement it for these shapes and layouts");
            }
            OneDnn.check(status, name);
            String implementation = implementation(pd);
            if (implementation.startsWith("ref") && !allowReference) {
                dnnl.dnnl_primitive_desc_destroy(pd);
                throw unsupported(name, "oneDNN has only its slow reference implementation (" + implementation + ")");
            }
            List<Argument> all = new ArrayList<>(arguments);
            for (int i = 0; i < postOps.size(); i++) {
                if (postOps.get(i) instanceof PostOp.Binary binary) {
                    int index = dnnl.DNNL_ARG_ATTR_MULTIPLE_POST_OP_BASE * (i + 1) | dnnl.DNNL_ARG_SRC_1;
                    all.add(new Argument(index, binary.operand()));
                }
            }
            rescalings.forEach(r -> all.add(r.argument()));
            List<MemoryDesc> descs = all.stream().map(a -> resolved(pd, a)).toList();
            dnnl_memory_desc pad = dnnl.dnnl_primitive_desc_query_md(pd, dnnl.dnnl_query_scratchpad_md, 0);
            return new Primitive(name, pd, all.stream().mapToInt(Argument::index).toArray(), descs,
                    MemoryDesc.copyOf(ElementType.U8, new long[] {0}, pad), implementation);
        }
    }

    /** Generates the code, which {@link #bind} otherwise does when first called: slow, so that offers go without it. */
    public synchronized Primitive compile() {
        if (primitive == null) {
            OneDnn.useOneThread();
            dnnl_primitive compiled = new dnnl_primitive();
            OneDnn.check(dnnl.dnnl_primitive_create(compiled, descriptor), name);
            primitive = compiled;
        }
        return this;
    }

    /** The layout of one argument, as the primitive settled it. */
    public MemoryDesc desc(int argument) {
        return descs.get(argument);
    }

    /** How many addresses {@link #bind} takes. */
    public int arguments() {
        return arguments.length;
    }

    /** Bytes of scratch memory that an execution needs, 64-byte aligned; 0 where none. */
    public long scratchBytes() {
        return scratchpad.bytes();
    }

    /** oneDNN's name of the implementation, for example {@code jit:avx512_core}. */
    public String implementation() {
        return implementation;
    }

    /**
     * Prepares an execution on fixed memory.
     *
     * @param scratch address of {@link #scratchBytes()} bytes that no concurrent execution uses; 0 where none are needed
     * @param addresses one for each argument
     */
    public Execution bind(long scratch, long... addresses) {
        if (addresses.length != arguments.length) {
            throw new IllegalArgumentException(name + " takes " + arguments.length + " addresses, not " + addresses.length);
        }
        compile();
        return new Execution(name, primitive, arguments, descs, scratchpad, scratch, addresses);
    }

    @Override
    public synchronized void close() {
        if (primitive != null) {
            dnnl.dnnl_primitive_destroy(primitive);
            primitive = null;
        }
        if (!descriptor.isNull()) {
            dnnl.dnnl_primitive_desc_destroy(descriptor);
            descriptor.setNull();
        }
    }

    @Override
    public String toString() {
        return name + " (" + implementation + ")";
    }

    private static MemoryDesc resolved(dnnl_primitive_desc pd, Argument argument) {
        dnnl_memory_desc md = dnnl.dnnl_primitive_desc_query_md(pd, dnnl.dnnl_query_exec_arg_md, argument.index());
        if (md == null || md.isNull() || dnnl.dnnl_memory_desc_get_size(md) == 0) {
            return argument.desc();
        }
        return MemoryDesc.copyOf(argument.desc().type(), argument.desc().dims(), md);
    }

    private static String implementation(dnnl_primitive_desc pd) {
        try (PointerPointer<BytePointer> result = new PointerPointer<>(1)) {
            OneDnn.check(dnnl.dnnl_primitive_desc_query(pd, dnnl.dnnl_query_impl_info_str, 0, result), "implementation name");
            return result.get(BytePointer.class).getString();
        }
    }

    private static FiresteelException unsupported(String name, String reason) {
        return new FiresteelException(UNSUPPORTED, FiresteelException.Kind.DEVICE, null, name + ": " + reason, null);
    }
}
