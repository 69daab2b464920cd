package io.firesteel.backend.cpu;

import io.firesteel.FiresteelException;
import io.firesteel.backend.Constants;
import io.firesteel.backend.Kernel;
import io.firesteel.backend.Layer;
import io.firesteel.backend.Sizes;
import io.firesteel.backend.TensorFormat;
import io.firesteel.backend.TensorLayout;
import io.firesteel.backend.cpu.onednn.Activation;
import io.firesteel.backend.cpu.onednn.BinaryFunction;
import io.firesteel.backend.cpu.onednn.ElementType;
import io.firesteel.backend.cpu.onednn.Elementwise;
import io.firesteel.backend.cpu.onednn.MemoryDesc;
import io.firesteel.backend.cpu.onednn.PostOp;
import io.firesteel.backend.cpu.onednn.Primitive;
import io.firesteel.op.PointwiseProgram;
import io.firesteel.tensor.DataType;
import io.firesteel.tensor.Tensor;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * Turns a pointwise program into as few oneDNN primitives as it takes: each begins with one instruction and carries those that
 * continue its result as post-operations.
 */
final class PointwiseCompiler {

    /** One primitive to be: its first operation, what follows, and the value it makes. */
    private record Pass(int first, List<Integer> followers, int result) {}

    private final Layer layer;
    private final PointwiseProgram program;
    private final TensorFormat format;
    private final DataType compute;
    private final CollapsedAxes axes;
    private final List<Pass> passes = new ArrayList<>();

    PointwiseCompiler(Layer layer, PointwiseProgram program, TensorFormat format, DataType compute) {
        this.layer = layer;
        this.program = program;
        this.format = format;
        this.compute = compute;
        this.axes = CollapsedAxes.of(layer, format == TensorFormat.LINEAR);
        plan();
    }

    /** Why there is no such kernel, or the empty string. */
    String probe() {
        if (passes.isEmpty()) {
            return "the pointwise program has no instruction";
        }
        List<PrimitiveParts> parts = new ArrayList<>();
        try {
            build(null, parts);
            return "";
        } catch (FiresteelException e) {
            if (!e.code().equals(Primitive.UNSUPPORTED)) {
                throw e;
            }
            return e.getMessage();
        } finally {
            parts.forEach(p -> p.primitive.close());
        }
    }

    /** The layouts of the node's inputs: those of the output's shape in its format, the others row-major, constants none. */
    TensorLayout[] inputs() {
        TensorLayout[] layouts = new TensorLayout[layer.inputCount()];
        for (int i = 0; i < layouts.length; i++) {
            if (layer.isVariable(i)) {
                layouts[i] = Target.layout(layer.input(i), isWhole(i) ? format : TensorFormat.LINEAR, compute);
            }
        }
        return layouts;
    }

    /** The input that a single pass reads first and only once, so that its memory may become the output's. */
    Optional<Integer> inPlace() {
        int source = sourceOf(passes.get(0).first);
        boolean once = program.instructions().stream().flatMap(i -> i.operands().stream()).filter(o -> o == source).count() == 1;
        return passes.size() == 1 && once && source < program.inputs() && layer.isVariable(source) && isWhole(source)
                ? Optional.of(source) : Optional.empty();
    }

    Kernel prepare(Constants constants) {
        List<PrimitiveParts> parts = new ArrayList<>();
        long temporaries = build(constants, parts);
        List<Stage> stages = new ArrayList<>();
        for (PrimitiveParts part : parts) {
            stages.add(new PrimitiveStage(part.primitive, part.places));
        }
        return new StagedKernel(stages, temporaries);
    }

    private record PrimitiveParts(Primitive primitive, List<Stage.Place> places) {}

    private boolean isWhole(int input) {
        return layer.input(input).shape().equals(layer.output(0).shape());
    }

    private boolean isScalarConstant(int value) {
        return value < program.inputs() && layer.constant(value).map(c -> c.elements() == 1).orElse(false);
    }

    private void plan() {
        int count = program.instructions().size();
        int[] uses = new int[program.inputs() + count];
        program.instructions().forEach(i -> i.operands().forEach(o -> uses[o]++));
        boolean[] done = new boolean[count];
        boolean[] made = new boolean[program.inputs() + count];
        for (int i = 0; i < program.inputs(); i++) {
            made[i] = true;
        }
        for (int i = 0; i < count; i++) {
            if (done[i]) {
                continue;
            }
            List<Integer> followers = new ArrayList<>();
            int last = i;
            done[i] = true;
            for (int j = i + 1; j < count && uses[program.inputs() + last] == 1; j++) {
                int current = program.inputs() + last;
                List<Integer> operands = program.instructions().get(j).operands();
                if (!done[j] && operands.contains(current) && operands.stream().allMatch(o -> o == current || made[o])
                        && shape(current).equals(shape(program.inputs() + j))) {
                    followers.add(j);
                    done[j] = true;
                    last = j;
                }
            }
            made[program.inputs() + last] = true;
            passes.add(new Pass(i, followers, program.inputs() + last));
        }
    }

    /** The collapsed sizes of a value, which broadcasting gives. */
    private List<Long> shape(int value) {
        if (value < program.inputs()) {
            return axes.sizes(value);
        }
        List<Long> result = null;
        for (int operand : program.instructions().get(value - program.inputs()).operands()) {
            List<Long> sizes = shape(operand);
            if (result == null) {
                result = sizes;
            } else {
                List<Long> merged = new ArrayList<>();
                for (int i = 0; i < sizes.size(); i++) {
                    merged.add(Math.max(sizes.get(i), result.get(i)));
                }
                result = merged;
            }
        }
        return result;
    }

    private MemoryDesc desc(int value) {
        long[] sizes = Sizes.of(shape(value));
        boolean constant = value < program.inputs() && layer.constant(value).isPresent();
        ElementType type = constant ? ElementType.F32 : Target.elementType(compute).orElseThrow();
        boolean whole = shape(value).equals(axes.output());
        if (format == TensorFormat.LINEAR || !whole || constant) {
            return MemoryDesc.rowMajor(type, sizes);
        }
        return format.isBlocked() ? MemoryDesc.blockedChannels(type, format.block(), sizes) : MemoryDesc.channelsLast(type, sizes);
    }

    /** The operand that a pass's first instruction takes as its source. */
    private int sourceOf(int instruction) {
        List<Integer> operands = program.instructions().get(instruction).operands();
        return operands.size() > 1 && swapped(instruction) ? operands.get(1) : operands.get(0);
    }

    /** Whether the second operand must be the source, because the first one is a scalar or is broadcast. */
    private boolean swapped(int instruction) {
        List<Integer> operands = program.instructions().get(instruction).operands();
        List<Long> result = shape(program.inputs() + instruction);
        return isScalarConstant(operands.get(0)) || !shape(operands.get(0)).equals(result) && shape(operands.get(1)).equals(result);
    }

    private long build(Constants constants, List<PrimitiveParts> parts) {
        Map<Integer, Stage.Place> places = new HashMap<>();
        long temporaries = 0;
        for (int i = 0; i < passes.size(); i++) {
            Pass pass = passes.get(i);
            boolean lastPass = i == passes.size() - 1;
            MemoryDesc destination = desc(pass.result);
            Stage.Place target = lastPass ? Stage.Place.output(0) : Stage.Place.temporary(temporaries);
            try {
                parts.add(primitive(pass, destination, target, places, constants));
            } catch (FiresteelException e) {
                if (!e.code().equals(Primitive.UNSUPPORTED) || pass.followers.isEmpty()) {
                    throw e;
                }
                split(i--);
                continue;
            }
            if (!lastPass) {
                temporaries += (destination.bytes() + 63) / 64 * 64;
            }
            places.put(pass.result, target);
        }
        return temporaries;
    }

    /** Gives every instruction of a pass one of its own, where oneDNN does not take them together. */
    private void split(int index) {
        Pass whole = passes.remove(index);
        List<Integer> instructions = new ArrayList<>(List.of(whole.first));
        instructions.addAll(whole.followers);
        for (int i = 0; i < instructions.size(); i++) {
            passes.add(index + i, new Pass(instructions.get(i), List.of(), program.inputs() + instructions.get(i)));
        }
    }

    private PrimitiveParts primitive(Pass pass, MemoryDesc destination, Stage.Place target, Map<Integer, Stage.Place> places,
            Constants constants) {
        List<PostOp> postOps = new ArrayList<>();
        List<Stage.Place> further = new ArrayList<>();
        int current = pass.first + program.inputs();
        for (int follower : pass.followers) {
            follow(follower, current, postOps, further, places, constants);
            current = follower + program.inputs();
        }
        PointwiseProgram.Instruction instruction = program.instructions().get(pass.first);
        List<Integer> operands = instruction.operands();
        int source = sourceOf(pass.first);
        List<Stage.Place> arguments = new ArrayList<>();
        arguments.add(place(source, places, constants));
        int other = operands.size() == 2 ? operands.get(swapped(pass.first) ? 0 : 1) : -1;
        Optional<List<Activation>> functions = operands.size() == 1 ? PointwiseFunctions.unary(instruction.operator())
                : operands.size() == 2 && isScalarConstant(other) && source != other
                        ? PointwiseFunctions.withScalar(instruction.operator(), scalar(other), swapped(pass.first))
                        : Optional.empty();
        if (functions.isPresent()) {
            for (int i = functions.get().size() - 1; i > 0; i--) {
                postOps.add(0, new PostOp.Apply(functions.get().get(i)));
            }
            arguments.add(target);
            arguments.addAll(further);
            return new PrimitiveParts(Elementwise.unary(functions.get().get(0), desc(source), destination, postOps), arguments);
        }
        BinaryFunction function = operands.size() == 2 ? PointwiseFunctions.binary(instruction.operator()).orElse(null) : null;
        if (function == null) {
            throw unsupported(instruction.operator().name());
        }
        if (swapped(pass.first) && function == BinaryFunction.SUB) {
            postOps.add(0, new PostOp.Apply(new Activation(Activation.Kind.LINEAR, -1, 0)));
        } else if (swapped(pass.first) && function == BinaryFunction.DIV) {
            postOps.add(0, new PostOp.Apply(new Activation(Activation.Kind.POW, 1, -1)));
        }
        arguments.add(place(other, places, constants));
        arguments.add(target);
        arguments.addAll(further);
        return new PrimitiveParts(Elementwise.binary(function, desc(source), desc(other), destination, postOps), arguments);
    }

    private void follow(int follower, int current, List<PostOp> postOps, List<Stage.Place> further,
            Map<Integer, Stage.Place> places, Constants constants) {
        PointwiseProgram.Instruction instruction = program.instructions().get(follower);
        List<Integer> operands = instruction.operands();
        if (operands.size() == 1) {
            PointwiseFunctions.unary(instruction.operator()).orElseThrow(() -> unsupported(instruction.operator().name()))
                    .forEach(f -> postOps.add(new PostOp.Apply(f)));
            return;
        }
        if (operands.size() != 2) {
            throw unsupported(instruction.operator().name());
        }
        boolean first = operands.get(0) == current;
        int other = first ? operands.get(1) : operands.get(0);
        if (isScalarConstant(other)) {
            PointwiseFunctions.withScalar(instruction.operator(), scalar(other), !first)
                    .orElseThrow(() -> unsupported(instruction.operator().name()))
                    .forEach(f -> postOps.add(new PostOp.Apply(f)));
            return;
        }
        BinaryFunction function = PointwiseFunctions.binary(instruction.operator())
                .orElseThrow(() -> unsupported(instruction.operator().name()));
        if (format != TensorFormat.LINEAR && runsAlongLastAxisOnly(shape(other))) {
            throw unsupported(instruction.operator().name() + " of a vector along the last axis, after another function");
        }
        if (!first && function == BinaryFunction.SUB) {
            postOps.add(new PostOp.Apply(new Activation(Activation.Kind.LINEAR, -1, 0)));
            function = BinaryFunction.ADD;
        } else if (!first && function == BinaryFunction.DIV) {
            postOps.add(new PostOp.Apply(new Activation(Activation.Kind.POW, 1, -1)));
            function = BinaryFunction.MUL;
        }
        postOps.add(new PostOp.Binary(function, desc(other)));
        further.add(place(other, places, constants));
    }

    /** What oneDNN 3.11 reads wrongly as a post-operation of binary kernels, unless the result is row-major. */
    private static boolean runsAlongLastAxisOnly(List<Long> sizes) {
        int last = sizes.size() - 1;
        return sizes.get(last) > 1 && sizes.subList(0, last).stream().allMatch(size -> size == 1);
    }

    private Stage.Place place(int value, Map<Integer, Stage.Place> places, Constants constants) {
        if (value >= program.inputs()) {
            return places.get(value);
        }
        Optional<Tensor> constant = layer.constant(value);
        if (constant.isEmpty()) {
            return Stage.Place.input(value);
        }
        return Stage.Place.constant(constants == null ? 0 : constants.linear(constant.get()));
    }

    private float scalar(int value) {
        return (float) layer.constant(value).orElseThrow().getDouble(0);
    }

    private static FiresteelException unsupported(String operator) {
        return new FiresteelException(Primitive.UNSUPPORTED, FiresteelException.Kind.DEVICE, null,
                "oneDNN has no pointwise function for " + operator, null);
    }
}
