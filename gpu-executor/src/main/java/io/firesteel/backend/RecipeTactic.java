package io.firesteel.backend;

import io.firesteel.plan.Precision;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;
import java.util.OptionalInt;
import java.util.Set;
import java.util.function.IntPredicate;

/** A tactic as a value, with its kernel's recipe. The methods that set a property change this tactic and return it. */
public final class RecipeTactic implements Tactic {

    /** Makes the kernel. */
    @FunctionalInterface
    public interface Recipe {
        /** See {@link Tactic#prepare}. */
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
    private IntPredicate readsSlice = i -> false;
    private IntPredicate writesSlice = i -> false;

    /**
     * @param name stable for the same layer, device and library versions
     * @param inputs see {@link Tactic#inputs}
     * @param outputs see {@link Tactic#outputs}
     */
    public RecipeTactic(String name, TensorLayout[] inputs, TensorLayout[] outputs, Recipe recipe) {
        this.name = name;
        this.inputs = Collections.unmodifiableList(Arrays.asList(inputs.clone()));
        this.outputs = Collections.unmodifiableList(Arrays.asList(outputs.clone()));
        this.recipe = recipe;
    }

    /** See {@link Tactic#precision}; fp32 where it is not set. */
    public RecipeTactic precision(Precision value) {
        precision = value;
        return this;
    }

    /** See {@link Tactic#cost}; 0 where it is not set. */
    public RecipeTactic cost(double value) {
        cost = value;
        return this;
    }

    /** See {@link Tactic#viewOf}. */
    public RecipeTactic viewOf(int input) {
        viewOf = OptionalInt.of(input);
        return this;
    }

    /** See {@link Tactic#inPlaceInputs}. */
    public RecipeTactic inPlace(Set<Integer> value) {
        inPlace = Set.copyOf(value);
        return this;
    }

    /** Which inputs and outputs may be channel slices; none where it is not set. */
    public RecipeTactic slices(IntPredicate reads, IntPredicate writes) {
        readsSlice = reads;
        writesSlice = writes;
        return this;
    }

    /** Accepts channel slices of blocked formats wherever they begin and end with whole blocks. */
    public RecipeTactic blockSlices() {
        return slices(i -> isWholeBlocks(inputs.get(i)), i -> isWholeBlocks(outputs.get(i)));
    }

    private static boolean isWholeBlocks(TensorLayout layout) {
        return layout.format().isBlocked() && layout.sizes()[1] % layout.format().block() == 0;
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
        return inputs.get(index) != null && readsSlice.test(index);
    }

    @Override
    public boolean writesSlice(int index) {
        return outputs.get(index) != null && writesSlice.test(index);
    }

    @Override
    public Kernel prepare(Operands operands, Constants constants) {
        return recipe.prepare(operands, constants);
    }

    @Override
    public String toString() {
        return name;
    }
}
