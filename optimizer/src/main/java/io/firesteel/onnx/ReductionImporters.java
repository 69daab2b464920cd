package io.firesteel.onnx;

import io.firesteel.op.Operator;
import io.firesteel.op.Reductions;
import io.firesteel.tensor.Tensor;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.TreeSet;

/** Importers of reductions: axes that are known, as an attribute or a constant, become an attribute. */
public final class ReductionImporters implements ImporterFamily {

    @FunctionalInterface
    private interface Constructor {
        Operator make(List<Long> axes, boolean keepDims, boolean noopWithEmptyAxes);
    }

    @Override
    public void register(Registry registry) {
        add(registry, "ReduceSum", Reductions.ReduceSum::new);
        add(registry, "ReduceMean", Reductions.ReduceMean::new);
        add(registry, "ReduceMax", Reductions.ReduceMax::new);
        add(registry, "ReduceMin", Reductions.ReduceMin::new);
        add(registry, "ReduceProd", Reductions.ReduceProd::new);
        add(registry, "ReduceL1", Reductions.ReduceL1::new);
        add(registry, "ReduceL2", Reductions.ReduceL2::new);
        add(registry, "ReduceSumSquare", Reductions.ReduceSumSquare::new);
        add(registry, "ReduceLogSum", Reductions.ReduceLogSum::new);
        add(registry, "ReduceLogSumExp", Reductions.ReduceLogSumExp::new);
    }

    private static void add(Registry registry, String name, Constructor constructor) {
        registry.add(name, n -> reduce(n, constructor));
    }

    private static void reduce(OnnxNode node, Constructor constructor) {
        boolean keepDims = node.flag("keepdims", true);
        boolean noop = node.flag("noop_with_empty_axes", false);
        Optional<List<Long>> axes = axes(node);
        if (axes.isEmpty()) {
            node.emit(constructor.make(List.of(), keepDims, noop), node.input(0), node.input(1));
        } else {
            node.emit(constructor.make(normalized(node, axes.get()), keepDims, noop), node.input(0));
        }
    }

    private static Optional<List<Long>> axes(OnnxNode node) {
        if (!node.hasInput(1)) {
            return Optional.of(node.integers("axes").orElse(List.of()));
        }
        Optional<Tensor> constant = node.constant(1);
        return constant.map(t -> {
            List<Long> axes = new ArrayList<>();
            for (long axis : t.toLongs()) {
                axes.add(axis);
            }
            return axes;
        });
    }

    /** The axes in one order whatever the file's, so that equal reductions are equal. */
    private static List<Long> normalized(OnnxNode node, List<Long> axes) {
        if (!node.tensor(0).hasRank()) {
            return axes;
        }
        TreeSet<Long> sorted = new TreeSet<>();
        for (long axis : axes) {
            sorted.add(axis < 0 ? axis + node.rank(0) : axis);
        }
        return List.copyOf(sorted);
    }
}
