package io.firesteel.pass.fuse;

import io.firesteel.graph.Graph;
import io.firesteel.graph.Node;
import io.firesteel.graph.Patch;
import io.firesteel.op.Convolution;
import io.firesteel.op.Operator;
import io.firesteel.op.Pooling;
import io.firesteel.op.PoolingWindow;
import io.firesteel.op.Slicing;
import io.firesteel.pass.Constants;
import io.firesteel.pass.Rule;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.stream.IntStream;

/**
 * Lets a convolution, or pooling that counts padding, surround its data with zeros itself.
 *
 * <pre>
 * Convolution(Pad(x; 0, 0, 1, 1), W)      ->   Convolution(x, W; pads 1, 1)
 * AveragePool(Pad(x; 0, 0, 1, 1))         ->   AveragePool(x; pads 1, 1, counted)
 * </pre>
 */
public final class FoldPadding implements Rule {

    @Override
    public Optional<Patch> apply(Node node, Graph graph) {
        Optional<Node> padding = Constants.onlyFor(graph, node.input(0), Slicing.Pad.class).filter(n -> isZeros(n, graph));
        return padding.flatMap(p -> padded(node.operator(), (Slicing.Pad) p.operator()).map(operator -> {
            List<String> inputs = new ArrayList<>(node.inputs());
            inputs.set(0, p.input(0));
            return Patch.on(graph).remove(node, p).put(operator, inputs, node.outputs()).build();
        }));
    }

    /** Whether a node adds zeros around spatial axes and does nothing else. */
    private static boolean isZeros(Node node, Graph graph) {
        Slicing.Pad pad = (Slicing.Pad) node.operator();
        return pad.mode() == Slicing.PadMode.CONSTANT && pad.begins().size() > 2
                && (node.input(1).isEmpty() || Constants.isExactly(graph, node.input(1), 0))
                && IntStream.range(0, pad.begins().size()).allMatch(i -> i < 2
                        ? pad.begins().get(i) == 0 && pad.ends().get(i) == 0 : pad.begins().get(i) >= 0 && pad.ends().get(i) >= 0);
    }

    private static Optional<Operator> padded(Operator operator, Slicing.Pad pad) {
        if (operator instanceof Convolution c && c.padsBegin().size() == pad.begins().size() - 2) {
            return Optional.of(new Convolution(c.strides(), c.dilations(), sum(c.padsBegin(), pad.begins()),
                    sum(c.padsEnd(), pad.ends()), c.groups(), c.epilogue()));
        }
        if (operator instanceof Pooling.AveragePool pool && pool.window().kernel().size() == pad.begins().size() - 2) {
            return pooled(pool, pad).map(w -> new Pooling.AveragePool(w, true));
        }
        return Optional.empty();
    }

    private static Optional<PoolingWindow> pooled(Pooling.AveragePool pool, Slicing.Pad pad) {
        PoolingWindow w = pool.window();
        boolean isPadded = IntStream.range(0, w.kernel().size()).anyMatch(i -> w.padsBegin().get(i) != 0 || w.padsEnd().get(i) != 0);
        List<Long> begins = sum(w.padsBegin(), pad.begins());
        List<Long> ends = sum(w.padsEnd(), pad.ends());
        boolean reachesData = IntStream.range(0, w.kernel().size())
                .allMatch(i -> begins.get(i) < w.kernel().get(i) && ends.get(i) < w.kernel().get(i));
        return w.ceilMode() || isPadded && !pool.countIncludePad() || !reachesData ? Optional.empty()
                : Optional.of(new PoolingWindow(w.kernel(), w.strides(), w.dilations(), begins, ends, false));
    }

    private static List<Long> sum(List<Long> own, List<Long> outer) {
        return IntStream.range(0, own.size()).mapToObj(i -> own.get(i) + outer.get(i + 2)).toList();
    }
}
