package io.firesteel.pass.view;

import io.firesteel.graph.Patch;
import io.firesteel.op.Movement;
import io.firesteel.op.Reshaping;
import io.firesteel.tensor.Dim;
import io.firesteel.tensor.Shape;
import java.util.List;
import java.util.Optional;
import java.util.function.Function;

/** Emits reshapes and transposes. */
final class Views {

    private Views() { }

    /** The reshape between shapes with symbolic dimensions, or empty where ONNX's Reshape cannot say it. */
    static Optional<Reshaping.Reshape> reshape(Shape from, Shape to) {
        return to.dims().stream().anyMatch(d -> d.is(0)) ? Optional.empty() : Reshaping.Reshape.of(from, to.dims(), false);
    }

    /**
     * Emits the rearrangement a view says.
     *
     * @param view a view without selections
     * @param source the value to rearrange, shaped as the view's source
     * @param from its shape
     * @param to the result's shape
     * @return the result, or empty where reshapes cannot say it
     */
    static Optional<String> emit(Patch.Builder patch, AxisView view, String source, Shape from, Shape to, String hint) {
        return emit(patch, view.sourceFactors(), view.factors(), AxisView.Factor::size, source, from, to, hint);
    }

    /**
     * Emits the rearrangement a view says of a value whose last axis has another size than the view's source.
     *
     * @param view a view that keeps the last axis
     */
    static Optional<String> emitRows(Patch.Builder patch, AxisView view, String source, Shape from, Shape to, String hint) {
        List<AxisView.Factor> last = view.axes().get(view.axes().size() - 1);
        AxisView.Factor whole = last.get(0);
        return emit(patch, without(view.sourceFactors(), last, whole), without(view.factors(), last, whole),
                f -> f == whole ? from.dim(-1) : f.size(), source, from, to, hint);
    }

    private static List<AxisView.Factor> without(List<AxisView.Factor> factors, List<AxisView.Factor> last, AxisView.Factor kept) {
        return factors.stream().filter(f -> f == kept || !last.contains(f)).toList();
    }

    private static Optional<String> emit(Patch.Builder patch, List<AxisView.Factor> order, List<AxisView.Factor> wanted,
            Function<AxisView.Factor, Dim> size, String source, Shape from, Shape to, String hint) {
        String value = source;
        Shape shape = from;
        if (!order.equals(wanted)) {
            Shape cut = new Shape(order.stream().map(size).toList());
            if (!cut.equals(shape)) {
                Optional<Reshaping.Reshape> first = reshape(shape, cut);
                if (first.isEmpty()) {
                    return Optional.empty();
                }
                value = patch.add(hint + "/cut", first.get(), value);
            }
            value = patch.add(hint + "/transposed", new Movement.Transpose(wanted.stream().map(f -> (long) order.indexOf(f)).toList()), value);
            shape = new Shape(wanted.stream().map(size).toList());
        }
        if (!shape.equals(to)) {
            Optional<Reshaping.Reshape> last = reshape(shape, to);
            if (last.isEmpty()) {
                return Optional.empty();
            }
            value = patch.add(hint + "/grouped", last.get(), value);
        }
        return Optional.of(value);
    }
}
