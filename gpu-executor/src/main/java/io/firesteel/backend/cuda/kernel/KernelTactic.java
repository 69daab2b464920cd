package io.firesteel.backend.cuda.kernel;

import io.firesteel.backend.Constants;
import io.firesteel.backend.Kernel;
import io.firesteel.backend.Operands;
import io.firesteel.backend.Tactic;
import io.firesteel.backend.TensorLayout;
import io.firesteel.plan.Precision;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;
import java.util.Set;
import java.util.function.IntPredicate;

/** A tactic as a value, with the recipe of its generated kernels. */
final class KernelTactic implements Tactic {

    /** Generates the kernels. */
    @FunctionalInterface
    interface Recipe {
        KernelSequence generate(Operands operands, Constants constants);
    }

    private final String name;
    private final List<TensorLayout> inputs;
    private final List<TensorLayout> outputs;
    private final KernelTarget target;
    private final Recipe recipe;
    private Precision precision = Precision.FP32;
    private double cost;
    private Set<Integer> inPlace = Set.of();
    private IntPredicate readsSlice = i -> false;
    private boolean writesSlice;

    KernelTactic(String name, KernelTarget target, TensorLayout[] inputs, TensorLayout[] outputs, Recipe recipe) {
        this.name = name;
        this.target = target;
        this.inputs = Collections.unmodifiableList(Arrays.asList(inputs.clone()));
        this.outputs = Collections.unmodifiableList(Arrays.asList(outputs.clone()));
        this.recipe = recipe;
        for (TensorLayout[] layouts : List.of(inputs, outputs)) {
            for (TensorLayout layout : layouts) {
                cost += layout == null ? 0 : layout.bytes();
            }
        }
    }

    KernelTactic precision(Precision value) {
        precision = value;
        return this;
    }

    /** Replaces the cost, which otherwise is the bytes of inputs and outputs. */
    KernelTactic cost(double value) {
        cost = value;
        return this;
    }

    KernelTactic inPlace(Set<Integer> value) {
        inPlace = Set.copyOf(value);
        return this;
    }

    /** Reads and writes channel slices. */
    KernelTactic slices() {
        return slices(i -> true);
    }

    /** Writes channel slices, and reads them where {@code reads} says so. */
    KernelTactic slices(IntPredicate reads) {
        readsSlice = reads;
        writesSlice = true;
        return this;
    }

    @Override
    public String name() {
        return name;
    }

    @Override
    public List<TensorLayout> inputs() {
        return inputs;
    }

    @Override
    public List<TensorLayout> outputs() {
        return outputs;
    }

    @Override
    public Precision precision() {
        return precision;
    }

    @Override
    public double cost() {
        return cost;
    }

    @Override
    public Set<Integer> inPlaceInputs() {
        return inPlace;
    }

    @Override
    public boolean readsSlice(int index) {
        return inputs.get(index) != null && readsSlice.test(index);
    }

    @Override
    public boolean writesSlice(int index) {
        return outputs.get(index) != null && writesSlice;
    }

    @Override
    public Kernel prepare(Operands operands, Constants constants) {
        return target.loader().load(name, recipe.generate(operands, constants));
    }

    @Override
    public String toString() {
        return name;
    }
}
