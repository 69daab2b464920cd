package io.firesteel.backend.cuda.kernel;

import java.util.List;

/**
 * The launches of one step, in order.
 *
 * @param calls the launches
 * @param scratchBytes memory they share while they run
 */
record KernelSequence(List<KernelCall> calls, long scratchBytes) {

    KernelSequence {
        calls = List.copyOf(calls);
    }

    static KernelSequence of(KernelCall... calls) {
        return new KernelSequence(List.of(calls), 0);
    }
}
