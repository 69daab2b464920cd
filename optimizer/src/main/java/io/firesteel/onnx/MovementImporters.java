package io.firesteel.onnx;

import io.firesteel.op.Movement.Concat;
import io.firesteel.op.Movement.DynamicExpand;
import io.firesteel.op.Movement.DynamicSplit;
import io.firesteel.op.Movement.DynamicTile;
import io.firesteel.op.Movement.EvenSplit;
import io.firesteel.op.Movement.Expand;
import io.firesteel.op.Movement.ReverseAxes;
import io.firesteel.op.Movement.Split;
import io.firesteel.op.Movement.Tile;
import io.firesteel.op.Movement.Transpose;
import io.firesteel.op.Rearrangement.Col2Im;
import io.firesteel.op.Rearrangement.DepthToSpace;
import io.firesteel.op.Rearrangement.ReverseSequence;
import io.firesteel.op.Rearrangement.SpaceToDepth;
import io.firesteel.tensor.Dim;
import io.firesteel.tensor.Tensor;
import io.firesteel.tensor.TensorType;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;
import java.util.Optional;
import java.util.stream.LongStream;

/** Importers of operators that permute, join, part, repeat and rearrange elements. */
public final class MovementImporters implements ImporterFamily {

    @Override
    public void register(Registry registry) {
        registry.add("Transpose", MovementImporters::transpose);
        registry.add("Concat", n -> n.emit(new Concat(n.opset() < 4 ? n.integer("axis", 1) : n.integer("axis")), n.inputs()));
        registry.add("Split", MovementImporters::split);
        registry.add("Expand", MovementImporters::expand);
        registry.add("", "Tile", 1, 5, MovementImporters::tileAlongAxis);
        registry.add("", "Tile", 6, Integer.MAX_VALUE, MovementImporters::tile);
        registry.add("DepthToSpace", n -> n.emit(
                new DepthToSpace(n.integer("blocksize"), n.string("mode", "DCR").equals("CRD")), n.input(0)));
        registry.add("SpaceToDepth", n -> n.emit(new SpaceToDepth(n.integer("blocksize")), n.input(0)));
        registry.add("ReverseSequence", n -> n.emit(
                new ReverseSequence(n.integer("batch_axis", 1), n.integer("time_axis", 0)), n.input(0), n.input(1)));
        registry.add("Col2Im", MovementImporters::col2im);
    }

    private static void transpose(OnnxNode n) {
        Optional<List<Long>> perm = n.integers("perm");
        TensorType data = n.tensor(0);
        if (perm.isPresent()) {
            n.emit(new Transpose(perm.get()), n.input(0));
        } else if (data.hasRank()) {
            int rank = data.shape().rank();
            n.emit(new Transpose(LongStream.range(0, rank).map(i -> rank - 1 - i).boxed().toList()), n.input(0));
        } else {
            n.emit(new ReverseAxes(), n.input(0));
        }
    }

    private static void split(OnnxNode n) {
        long axis = n.integer("axis", 0);
        TensorType data = n.tensor(0);
        Optional<List<Long>> sizes = n.parameter("split", 1);
        if (sizes.isPresent()) {
            n.emit(new Split(axis, sizes.get()), n.input(0));
        } else if (n.hasInput(1)) {
            n.emit(new DynamicSplit(axis), n.input(0), n.input(1));
        } else {
            EvenSplit even = new EvenSplit(axis, n.integer("num_outputs", n.outputCount()));
            if (even.parts() < 1) {
                throw n.invalid("the number of outputs must be positive, is " + even.parts());
            }
            Optional<Dim> whole = data.hasRank() ? Optional.of(data.shape().dim((int) axis)) : Optional.empty();
            n.emit(whole.filter(Dim::isConstant).isPresent() ? new Split(axis, even.sizes(whole.get().size())) : even, n.input(0));
        }
    }

    private static void expand(OnnxNode n) {
        Optional<Tensor> shape = n.constant(1);
        if (shape.isPresent()) {
            n.emit(new Expand(Arrays.stream(shape.get().toLongs()).boxed().toList()), n.input(0));
        } else {
            n.emit(new DynamicExpand(), n.input(0), n.input(1));
        }
    }

    private static void tile(OnnxNode n) {
        Optional<Tensor> repeats = n.constant(1);
        if (repeats.isPresent()) {
            n.emit(new Tile(Arrays.stream(repeats.get().toLongs()).boxed().toList()), n.input(0));
        } else {
            n.emit(new DynamicTile(), n.input(0), n.input(1));
        }
    }

    private static void tileAlongAxis(OnnxNode n) {
        Tensor tiles = n.constant(1).orElseThrow(() -> n.unsupported("the number of tiles must be a constant"));
        Tensor axis = n.constant(2).orElseThrow(() -> n.unsupported("the axis must be a constant"));
        List<Long> repeats = new ArrayList<>(Collections.nCopies(n.rank(0), 1L));
        repeats.set((int) axis.getLong(0), tiles.getLong(0));
        n.emit(new Tile(repeats), n.input(0));
    }

    private static void col2im(OnnxNode n) {
        int spatial = n.shapeValue(1).map(List::size).orElseGet(() -> {
            TensorType image = n.tensor(1);
            if (!image.isStatic() || image.shape().rank() != 1) {
                throw n.unsupported("the number of image dimensions is not known when the model is read");
            }
            return (int) image.shape().elements();
        });
        List<Long> ones = Collections.nCopies(spatial, 1L);
        List<Long> pads = n.integers("pads").orElse(Collections.nCopies(2 * spatial, 0L));
        n.emit(new Col2Im(n.integers("dilations").orElse(ones), pads.subList(0, spatial), pads.subList(spatial, 2 * spatial),
                n.integers("strides").orElse(ones)), n.inputs());
    }
}
