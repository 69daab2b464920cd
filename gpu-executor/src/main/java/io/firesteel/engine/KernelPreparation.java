package io.firesteel.engine;

import io.firesteel.backend.Backend;
import io.firesteel.backend.Constants;
import io.firesteel.backend.Kernel;
import io.firesteel.backend.Stream;
import io.firesteel.lowering.Step;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;

/** Makes the kernels of a program; for devices that compile them, several at a time. */
final class KernelPreparation {

    private static final int COMPILERS = 16;

    private final Backend device;
    private final Constants constants;

    KernelPreparation(Backend device, Constants constants) {
        this.device = device;
        this.constants = constants;
    }

    /** The kernel of each step, null for host steps; where one fails, those that were made are closed. */
    List<Kernel> prepare(List<Step> steps) {
        List<Kernel> kernels = new ArrayList<>();
        try {
            if (device.device().hostMemory()) {
                steps.forEach(step -> kernels.add(kernel(step)));
            } else {
                atATime(Math.min(COMPILERS, Runtime.getRuntime().availableProcessors()), steps, kernels);
            }
            return kernels;
        } catch (RuntimeException | Error e) {
            kernels.stream().filter(k -> k != null).forEach(Kernel::close);
            throw e;
        }
    }

    private void atATime(int threads, List<Step> steps, List<Kernel> kernels) {
        ExecutorService executor = Executors.newFixedThreadPool(threads);
        List<Future<Kernel>> futures = new ArrayList<>();
        for (Step step : steps) {
            futures.add(executor.submit(() -> {
                try (Stream stream = device.openStream()) {
                    stream.enter();
                    return kernel(step);
                }
            }));
        }
        RuntimeException failure = null;
        for (Future<Kernel> future : futures) {
            try {
                kernels.add(future.get());
            } catch (ExecutionException e) {
                failure = failure != null ? failure : e.getCause() instanceof RuntimeException cause ? cause
                        : new IllegalStateException(e.getCause());
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
                failure = failure != null ? failure : new IllegalStateException("interrupted while kernels were made", e);
            }
        }
        executor.shutdown();
        if (failure != null) {
            throw failure;
        }
    }

    private Kernel kernel(Step step) {
        if (step instanceof Step.Layer layer) {
            return layer.tactic().prepare(layer.operands(), constants);
        }
        return step instanceof Step.Reorder r ? r.backend().reorder(r.from().layout(), r.to().layout()) : null;
    }
}
