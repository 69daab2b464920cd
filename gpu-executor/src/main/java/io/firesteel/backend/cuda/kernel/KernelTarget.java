package io.firesteel.backend.cuda.kernel;

import io.firesteel.backend.Constants;
import io.firesteel.backend.Kernel;
import io.firesteel.backend.Operands;
import io.firesteel.backend.RecipeTactic;
import io.firesteel.backend.TensorLayout;
import io.firesteel.backend.cuda.driver.CudaDevice;
import java.util.Arrays;
import java.util.Objects;
import java.util.stream.Stream;

/**
 * What kernels are generated for.
 *
 * @param device where they run
 * @param loader compiles and loads
 */
record KernelTarget(CudaDevice device, Loader loader) {

    /** Makes kernels of generated sources. */
    @FunctionalInterface
    interface Loader {
        Kernel load(String name, KernelSequence sequence);
    }

    /** Generates the kernels of a tactic. */
    @FunctionalInterface
    interface Recipe {
        KernelSequence generate(Operands operands, Constants constants);
    }

    /** A tactic of generated kernels, which costs the bytes of its inputs and outputs. */
    RecipeTactic tactic(String name, TensorLayout[] inputs, TensorLayout[] outputs, Recipe recipe) {
        return new RecipeTactic(name, inputs, outputs, (operands, constants) -> loader.load(name, recipe.generate(operands, constants)))
                .cost(Stream.of(inputs, outputs).flatMap(Arrays::stream).filter(Objects::nonNull).mapToDouble(TensorLayout::bytes).sum());
    }
}
