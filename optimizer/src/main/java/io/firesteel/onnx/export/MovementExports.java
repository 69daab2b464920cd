package io.firesteel.onnx.export;

import io.firesteel.op.Movement;
import io.firesteel.op.Rearrangement;
import io.firesteel.op.Reshaping;
import io.firesteel.op.Slicing;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.stream.Stream;

/** Operators that move elements, and those that change shapes. */
final class MovementExports {

    private MovementExports() { }

    static void register(Map<Class<?>, NodeExport> exports) {
        exports.put(Movement.Transpose.class,
                (node, out) -> LayerExports.write(node, Map.of("perm", ((Movement.Transpose) node.operator()).perm()), out));
        exports.put(Movement.Concat.class,
                (node, out) -> LayerExports.write(node, Map.of("axis", ((Movement.Concat) node.operator()).axis()), out));
        exports.put(Movement.Split.class, (node, out) -> {
            Movement.Split op = (Movement.Split) node.operator();
            out.node(node.outputs(), "Split", Map.of("axis", op.axis()),
                    List.of(node.input(0), out.integers(node.output() + "/split", op.sizes())));
        });
        exports.put(Movement.EvenSplit.class, (node, out) -> {
            Movement.EvenSplit op = (Movement.EvenSplit) node.operator();
            out.node(node.outputs(), "Split", Map.of("axis", op.axis(), "num_outputs", op.parts()), node.inputs());
        });
        exports.put(Movement.Expand.class, (node, out) -> out.node(node.output(), "Expand", Map.of(), node.input(0),
                out.integers(node.output() + "/shape", ((Movement.Expand) node.operator()).shape())));
        exports.put(Movement.Tile.class, (node, out) -> out.node(node.output(), "Tile", Map.of(), node.input(0),
                out.integers(node.output() + "/repeats", ((Movement.Tile) node.operator()).repeats())));
        exports.put(Reshaping.Reshape.class, (node, out) -> {
            Reshaping.Reshape op = (Reshaping.Reshape) node.operator();
            out.node(node.output(), "Reshape", Map.of("allowzero", op.allowZero()), node.input(0),
                    out.integers(node.output() + "/shape", op.target()));
        });
        exports.put(Reshaping.DynamicReshape.class, (node, out) -> out.node(node.outputs(), "Reshape",
                Map.of("allowzero", ((Reshaping.DynamicReshape) node.operator()).allowZero()), node.inputs()));
        exports.put(Reshaping.Flatten.class,
                (node, out) -> LayerExports.write(node, Map.of("axis", ((Reshaping.Flatten) node.operator()).axis()), out));
        exports.put(Reshaping.Squeeze.class, (node, out) -> out.node(node.output(), "Squeeze", Map.of(), node.input(0),
                out.integers(node.output() + "/axes", ((Reshaping.Squeeze) node.operator()).axes())));
        exports.put(Reshaping.Unsqueeze.class, (node, out) -> out.node(node.output(), "Unsqueeze", Map.of(), node.input(0),
                out.integers(node.output() + "/axes", ((Reshaping.Unsqueeze) node.operator()).axes())));
        exports.put(Slicing.Slice.class, (node, out) -> {
            Slicing.Slice op = (Slicing.Slice) node.operator();
            String name = node.output();
            out.node(name, "Slice", Map.of(), node.input(0), out.integers(name + "/starts", op.starts()),
                    out.integers(name + "/ends", op.ends()), out.integers(name + "/axes", op.axes()), out.integers(name + "/steps", op.steps()));
        });
        exports.put(Slicing.Pad.class, (node, out) -> {
            Slicing.Pad op = (Slicing.Pad) node.operator();
            out.node(node.output(), "Pad", Map.of("mode", op.mode().name().toLowerCase(Locale.ROOT)), node.input(0),
                    out.integers(node.output() + "/pads", Stream.concat(op.begins().stream(), op.ends().stream()).toList()), node.input(1));
        });
        exports.put(Rearrangement.DepthToSpace.class, (node, out) -> {
            Rearrangement.DepthToSpace op = (Rearrangement.DepthToSpace) node.operator();
            LayerExports.write(node, Map.of("blocksize", op.blockSize(), "mode", op.columnRowDepth() ? "CRD" : "DCR"), out);
        });
        exports.put(Rearrangement.SpaceToDepth.class, (node, out) -> LayerExports.write(node,
                Map.of("blocksize", ((Rearrangement.SpaceToDepth) node.operator()).blockSize()), out));
    }
}
