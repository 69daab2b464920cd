package io.firesteel.pass.view;

import io.firesteel.graph.Graph;
import io.firesteel.tensor.Dim;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * A value [N,H,S,D] (or [N,H,D,S]) that rearranges [N,S,H*D], or one of three such parts of [N,S,3*H*D].
 *
 * @param source the value it rearranges
 * @param heads H
 * @param part which of three parts, or -1 where the source is not packed
 * @param scale what the source's elements are multiplied by
 */
record Heads(String source, long heads, int part, double scale) {

    /** @param transposed whether the value is [N,H,D,S] */
    static Optional<Heads> of(Graph graph, String value, boolean transposed) {
        Optional<AxisView> traced = AxisView.ofScaledSelection(graph, value);
        if (traced.isEmpty() || graph.tensor(traced.get().source()).shape().rank() != 3) {
            return Optional.empty();
        }
        AxisView view = traced.get();
        List<List<AxisView.Factor>> axes = view.axes();
        if (axes.size() != 4 || axes.stream().anyMatch(a -> a.size() > 1)) {
            return Optional.empty();
        }
        List<AxisView.Factor> batch = axes.get(0);
        List<AxisView.Factor> heads = axes.get(1);
        List<AxisView.Factor> rows = axes.get(transposed ? 3 : 2);
        List<AxisView.Factor> columns = axes.get(transposed ? 2 : 3);
        List<AxisView.Factor> fixed = view.sourceFactors().stream().filter(f -> f.fixed() >= 0).toList();
        if (fixed.size() > 1 || !fixed.isEmpty() && !fixed.get(0).size().is(3)) {
            return Optional.empty();
        }
        List<AxisView.Factor> last = new ArrayList<>(fixed);
        last.addAll(heads);
        last.addAll(columns);
        Dim count = heads.isEmpty() ? Dim.of(1) : heads.get(0).size();
        if (!view.sourceAxes().equals(List.of(batch, rows, last)) || !count.isConstant()) {
            return Optional.empty();
        }
        return Optional.of(new Heads(view.source(), count.size(), fixed.isEmpty() ? -1 : (int) fixed.get(0).fixed(), view.scale()));
    }
}
