package io.firesteel.backend.cuda.dnn;

import io.firesteel.backend.Launch;
import io.firesteel.backend.cuda.driver.CudaStream;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/** A graph compiled by one engine configuration. Safe for use by many threads. */
final class ExecutionPlan implements AutoCloseable {

    private final EngineConfiguration configuration;
    private final Descriptor plan;
    private final long workspaceBytes;

    /**
     * A plan from its own text, without compiling what the text contains.
     *
     * @param configuration the one it was made by
     */
    static ExecutionPlan parse(EngineConfiguration configuration, byte[] text, DnnHandle handle) {
        return new ExecutionPlan(configuration, Descriptor.make(DescriptorKind.EXECUTION_PLAN,
                d -> d.set(Attribute.PLAN_HANDLE, handle.address()).setCharacters(Attribute.PLAN_TEXT, text)));
    }

    /** Takes over the finished plan. */
    ExecutionPlan(EngineConfiguration configuration, Descriptor plan) {
        this.configuration = configuration;
        this.plan = plan;
        this.workspaceBytes = plan.get(Attribute.PLAN_WORKSPACE_BYTES, 1)[0];
    }

    EngineConfiguration configuration() {
        return configuration;
    }

    /** What {@link #parse} reads, compiled code included; fails as unsupported where the engine has none. */
    byte[] text() {
        return plan.characters(Attribute.PLAN_TEXT);
    }

    /** Bytes of device memory that each execution needs for itself. */
    long workspaceBytes() {
        return workspaceBytes;
    }

    /**
     * Fixes stream and addresses.
     *
     * @param addresses device addresses by tensor id
     * @param scalars the graph's scalars
     * @param workspace device address of {@link #workspaceBytes()} bytes, or 0 where none are needed
     */
    Launch bind(CudaStream stream, Map<Integer, Long> addresses, List<GraphTensor> scalars, long workspace) {
        Map<Integer, Long> places = new HashMap<>(addresses);
        HostBlock values = new HostBlock(scalars.size() * Float.BYTES);
        for (int i = 0; i < scalars.size(); i++) {
            values.bytes().putFloat(i * Float.BYTES, scalars.get(i).scalar());
            places.put(scalars.get(i).id(), values.address() + (long) i * Float.BYTES);
        }
        return new Bound(DnnHandle.of(stream), values, pack(places, workspace));
    }

    private static Descriptor pack(Map<Integer, Long> places, long workspace) {
        long[] ids = places.keySet().stream().mapToLong(Integer::longValue).toArray();
        long[] addresses = places.values().stream().mapToLong(Long::longValue).toArray();
        return Descriptor.make(DescriptorKind.VARIANT_PACK, d -> d.set(Attribute.PACK_IDS, ids)
                .set(Attribute.PACK_ADDRESSES, addresses).set(Attribute.PACK_WORKSPACE, workspace));
    }

    private final class Bound implements Launch {

        private final DnnHandle handle;
        private final HostBlock scalars;
        private final Descriptor pack;

        Bound(DnnHandle handle, HostBlock scalars, Descriptor pack) {
            this.handle = handle;
            this.scalars = scalars;
            this.pack = pack;
        }

        @Override
        public void run() {
            handle.execute(plan, pack);
        }

        @Override
        public void close() {
            pack.close();
            java.lang.ref.Reference.reachabilityFence(scalars);
        }
    }

    @Override
    public void close() {
        plan.close();
    }
}
