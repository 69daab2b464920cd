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
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;

/** Makes the kernels of a program, several at a time. */
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
            severalAtATime(steps, made);
            return made.kernels();
        } catch (RuntimeException | Error e) {
            made.kernels.stream().filter(k -> k != null).forEach(Kernel::close);
            throw e;
        }
    }

    private void severalAtATime(List<Step> steps, Made made) {
        int threads = Math.min(steps.size(), Math.min(COMPILERS, Runtime.getRuntime().availableProcessors()));
        ExecutorService executor = Executors.newFixedThreadPool(Math.max(1, threads), new CompilerThreads("firesteel-kernels", false));
        List<CompletableFuture<Kernel>> kernels = steps.stream().map(step -> CompletableFuture.supplyAsync(() -> {
            try (Stream stream = device.openStream()) {
                stream.enter();
                return made.failure == null ? kernel(step) : null;
            }
        }, executor)).toList();
        for (int i = 0; i < kernels.size(); i++) {
            made.add(steps.get(i), kernels.get(i));
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
        private volatile Throwable failure;

        /** Waits even where the thread is interrupted: nobody else would close the kernel, or keep its constants until it is made. */
        void add(Step step, CompletableFuture<Kernel> kernel) {
            Throwable thrown;
            try {
                kernels.add(kernel.join());
                return;
            } catch (CompletionException e) {
                thrown = e.getCause();
            }
            if (thrown instanceof FiresteelException e && e.code().equals(Tactic.UNSUPPORTED) && step instanceof Step.Layer layer) {
                unsupported.add(layer);
                refusal = e;
            } else if (failure == null) {
                failure = thrown;
            }
        }

        List<Kernel> kernels() {
            if (failure instanceof Error error) {
                throw error;
            }
            if (failure != null) {
                throw (RuntimeException) failure;
            }
            if (refusal != null) {
                throw new UnsupportedStepsException(unsupported, refusal);
            }
            return kernels;
        }
    }
}
