package io.firesteel.backend.cuda;

import io.firesteel.FiresteelException;
import io.firesteel.backend.Backend;
import io.firesteel.backend.Device;
import io.firesteel.backend.Kernel;
import io.firesteel.backend.Layer;
import io.firesteel.backend.Memory;
import io.firesteel.backend.Offer;
import io.firesteel.backend.ReleasedMemory;
import io.firesteel.backend.Stream;
import io.firesteel.backend.SummaryRequest;
import io.firesteel.backend.Tactic;
import io.firesteel.backend.TensorLayout;
import io.firesteel.backend.cuda.driver.CudaContext;
import io.firesteel.plan.Precision;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.ServiceLoader;
import java.util.concurrent.atomic.AtomicLong;

/** One GPU. */
final class CudaBackend implements Backend {

    private static final int TENSOR_FLOAT_MAJOR = 8;

    private final Device device;
    private final CudaContext context;
    private final List<CudaLayerFamily> families = new ArrayList<>();
    private final AtomicLong allocated = new AtomicLong();
    private volatile long limit;

    CudaBackend(Device device, CudaContext context) {
        this.device = device;
        this.context = context;
        limitMemory(MemoryFraction.ofThisProcess());
        ServiceLoader.load(CudaLayerFamily.class, CudaBackend.class.getClassLoader()).forEach(families::add);
    }

    @Override
    public Device device() {
        return device;
    }

    @Override
    public Precision precision(Precision permitted) {
        boolean ampere = context.device().major() >= TENSOR_FLOAT_MAJOR;
        return switch (permitted) {
            case FP32 -> Precision.FP32;
            case TF32 -> ampere ? Precision.TF32 : Precision.FP32;
            case FP16 -> Precision.FP16;
            case BF16 -> ampere ? Precision.BF16 : Precision.FP32;
        };
    }

    @Override
    public Offer offer(Layer layer) {
        List<Tactic> tactics = new ArrayList<>();
        List<String> reasons = new ArrayList<>();
        for (CudaLayerFamily family : families) {
            Offer offer = family.offer(layer, context);
            tactics.addAll(offer.tactics());
            if (offer.tactics().isEmpty() && !offer.reason().equals(CudaLayerFamily.NOT_MINE)) {
                reasons.add(offer.reason());
            }
        }
        if (!tactics.isEmpty()) {
            return Offer.of(tactics);
        }
        return Offer.none(reasons.isEmpty() ? "the CUDA backend has no kernel for " + layer.operator().name()
                : String.join("; ", reasons));
    }

    @Override
    public Kernel reorder(TensorLayout from, TensorLayout to) {
        return ReorderKernel.between(context, from, to);
    }

    @Override
    public Optional<Kernel> summary(TensorLayout layout, SummaryRequest request) {
        return SummaryKernel.of(context, layout, request);
    }

    @Override
    public Stream openStream() {
        return context.openStream();
    }

    @Override
    public Memory allocate(long bytes, MemoryUse use) {
        if (allocated.addAndGet(bytes) > limit) {
            allocated.addAndGet(-bytes);
            throw FiresteelException.resource("CUDA_OUT_OF_MEMORY", "the GPU memory of this process is used up: " + bytes
                    + " bytes more would exceed " + limit + ", its fraction of the memory; run smaller batches or raise "
                    + MemoryFraction.PROPERTY);
        }
        try {
            Memory memory = context.allocate(bytes);
            return new ReleasedMemory(memory, () -> {
                memory.close();
                allocated.addAndGet(-memory.bytes());
            });
        } catch (FiresteelException e) {
            allocated.addAndGet(-bytes);
            throw e;
        }
    }

    @Override
    public void limitMemory(double fraction) {
        limit = (long) (context.device().memoryBytes() * fraction);
    }

    @Override
    public Optional<String> failure() {
        return context.failure();
    }

    @Override
    public Memory allocateHost(long bytes) {
        return context.allocatePinned(bytes);
    }

    @Override
    public void close() {
        context.close();
    }
}
