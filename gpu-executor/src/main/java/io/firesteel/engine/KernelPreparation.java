package io.firesteel.engine;

import io.firesteel.FiresteelException;
import io.firesteel.backend.Backend;
import io.firesteel.backend.Constants;
import io.firesteel.backend.Kernel;
import io.firesteel.backend.Stream;
import io.firesteel.backend.Tactic;
import io.firesteel.lowering.Step;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
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

    /**
     * The kernel of each step, null for host steps; where one fails, those that were made are closed.
     *
     * @throws UnsupportedStepsException naming all steps whose tactics are not supported, where nothing else failed
     */
    List<Kernel> prepare(List<Step> steps) {
        Made made = new Made();
        try {
            if (device.device().hostMemory()) {
                steps.stream().takeWhile(step -> made.failure == null).forEach(step -> made.add(step, () -> kernel(step)));
            } else {
                severalAtATime(steps, made);
            }
            return made.kernels();
        } catch (RuntimeException | Error e) {
            made.kernels.stream().filter(k -> k != null).forEach(Kernel::close);
            throw e;
        }
    }

    private void severalAtATime(List<Step> steps, Made made) {
        ExecutorService executor = Executors.newFixedThreadPool(Math.min(COMPILERS, Runtime.getRuntime().availableProcessors()),
                new CompilerThreads("firesteel-kernels", false));
        List<Future<Kernel>> futures = steps.stream().map(step -> executor.submit(() -> {
            try (Stream stream = device.openStream()) {
                stream.enter();
                return kernel(step);
            }
        })).toList();
        for (int i = 0; i < futures.size(); i++) {
            made.add(steps.get(i), futures.get(i)::get);
        }
        executor.shutdown();
    }

    private Kernel kernel(Step step) {
        if (step instanceof Step.Layer layer) {
            return layer.tactic().prepare(layer.operands(), constants);
        }
        return step instanceof Step.Reorder r ? r.backend().reorder(r.from().layout(), r.to().layout()) : null;
    }

    /** What became of the steps so far. */
    private static final class Made {

        private final List<Kernel> kernels = new ArrayList<>();
        private final List<Step.Layer> unsupported = new ArrayList<>();
        private FiresteelException refusal;
        private RuntimeException failure;

        void add(Step step, Callable<Kernel> preparation) {
            Throwable thrown;
            try {
                kernels.add(preparation.call());
                return;
            } catch (ExecutionException e) {
                thrown = e.getCause();
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
                thrown = new IllegalStateException("interrupted while kernels were made", e);
            } catch (Exception e) {
                thrown = e;
            }
            if (thrown instanceof FiresteelException e && e.code().equals(Tactic.UNSUPPORTED) && step instanceof Step.Layer layer) {
                unsupported.add(layer);
                refusal = e;
            } else if (failure == null) {
                failure = thrown instanceof RuntimeException e ? e : new IllegalStateException(thrown);
            }
        }

        List<Kernel> kernels() {
            if (failure != null) {
                throw failure;
            }
            if (refusal != null) {
                throw new UnsupportedStepsException(unsupported, refusal);
            }
            return kernels;
        }
    }
}
