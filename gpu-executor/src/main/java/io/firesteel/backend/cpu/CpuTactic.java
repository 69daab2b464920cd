package io.firesteel.backend.cpu;

import io.firesteel.backend.Constants;
import io.firesteel.backend.Kernel;
import io.firesteel.backend.Operands;
import io.firesteel.backend.Tactic;
import io.firesteel.backend.TensorLayout;
import io.firesteel.plan.Precision;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;
import java.util.OptionalInt;
import java.util.Set;

/** A tactic as a value, with its kernel's recipe. */
final class CpuTactic implements Tactic {

    /** Makes the kernel. */
    @FunctionalInterface
    interface Recipe {
        Kernel prepare(Operands operands, Constants constants);
    }

    private final String name;
    private final List<TensorLayout> inputs;
    private final List<TensorLayout> outputs;
    private final Recipe recipe;
    private Precision precision = Precision.FP32;
    private double cost;
    private OptionalInt viewOf = OptionalInt.empty();
    private Set<Integer> inPlace = Set.of();
    private boolean slices;

    CpuTactic(String name, TensorLayout[] inputs, TensorLayout[] outputs, Recipe recipe) {
        this.name = name;
        this.inputs = Collections.unmodifiableList(Arrays.asList(inputs.clone()));
        this.outputs = Collections.unmodifiableList(Arrays.asList(outputs.clone()));
        this.recipe = recipe;
    }

    CpuTactic precision(Precision value) {
        precision = value;
        return this;
    }

    CpuTactic cost(double value) {
        cost = value;
        return this;
    }

    CpuTactic viewOf(int input) {
        viewOf = OptionalInt.of(input);
        return this;
    }

    CpuTactic inPlace(Set<Integer> value) {
        inPlace = Set.copyOf(value);
        return this;
    }

    /** Accepts channel slices wherever they begin and end with whole blocks. */
    CpuTactic slices() {
        slices = true;
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
    public OptionalInt viewOf() {
        return viewOf;
    }

    @Override
    public Set<Integer> inPlaceInputs() {
        return inPlace;
    }

    @Override
    public boolean readsSlice(int index) {
        return slices && wholeBlocks(inputs.get(index));
    }

    @Override
    public boolean writesSlice(int index) {
        return slices && wholeBlocks(outputs.get(index));
    }

    @Override
    public Kernel prepare(Operands operands, Constants constants) {
        return recipe.prepare(operands, constants);
    }

    private static boolean wholeBlocks(TensorLayout layout) {
        return layout != null && layout.format().isBlocked() && layout.sizes()[1] % layout.format().block() == 0;
    }

    @Override
    public String toString() {
        return name;
    }
}
