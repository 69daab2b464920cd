package io.firesteel.backend.cpu.onednn;

import java.util.List;
import org.bytedeco.dnnl.dnnl_engine;
import org.bytedeco.dnnl.dnnl_exec_arg_t;
import org.bytedeco.dnnl.dnnl_memory;
import org.bytedeco.dnnl.dnnl_memory_desc;
import org.bytedeco.dnnl.dnnl_primitive;
import org.bytedeco.dnnl.global.dnnl;

/** A primitive bound to memory; belongs to one session and must not run twice at a time. Running it allocates nothing. */
public final class Execution implements AutoCloseable {

    private final String name;
    private final dnnl_primitive primitive;
    private final NativeScope scope = new NativeScope();
    private final dnnl_memory[] memories;
    private final long[] addresses;
    private final dnnl_exec_arg_t arguments;
    private final int count;

    Execution(String name, dnnl_primitive primitive, int[] indices, List<MemoryDesc> descs, MemoryDesc scratchpad,
            long scratch, long[] addresses) {
        this.name = name;
        this.primitive = primitive;
        this.addresses = addresses.clone();
        this.memories = new dnnl_memory[indices.length];
        boolean needsScratch = scratchpad.bytes() > 0;
        this.count = indices.length + (needsScratch ? 1 : 0);
        this.arguments = scope.own(new dnnl_exec_arg_t(count));
        for (int i = 0; i < indices.length; i++) {
            memories[i] = memory(descs.get(i), addresses[i]);
            arguments.getPointer(i).arg(indices[i]).memory(memories[i]);
        }
        if (needsScratch) {
            if (scratch == 0) {
                throw new IllegalArgumentException(name + " needs " + scratchpad.bytes() + " bytes of scratch memory");
            }
            arguments.getPointer(indices.length).arg(dnnl.DNNL_ARG_SCRATCHPAD).memory(memory(scratchpad, scratch));
        }
    }

    /** Points one argument elsewhere; the layout stays. */
    public void setAddress(int argument, long address) {
        if (addresses[argument] != address) {
            OneDnn.check(dnnl.dnnl_memory_set_data_handle(memories[argument], new Address(address)), name);
            addresses[argument] = address;
        }
    }

    /** Runs on the calling thread, which must have called {@link OneDnn#useOneThread()}, and returns when done. */
    public void run() {
        int status = dnnl.dnnl_primitive_execute(primitive, OneDnn.stream(), count, arguments);
        if (status != dnnl.dnnl_success) {
            OneDnn.check(status, name);
        }
    }

    @Override
    public void close() {
        scope.close();
    }

    private dnnl_memory memory(MemoryDesc desc, long address) {
        try (NativeScope local = new NativeScope()) {
            dnnl_memory_desc md = desc.toNative(local);
            dnnl_memory memory = new dnnl_memory();
            dnnl_engine engine = OneDnn.engine();
            OneDnn.check(dnnl.dnnl_memory_create(memory, md, engine, new Address(address)), name);
            return scope.own(memory, dnnl::dnnl_memory_destroy);
        }
    }
}
