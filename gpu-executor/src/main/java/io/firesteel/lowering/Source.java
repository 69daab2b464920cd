package io.firesteel.lowering;

import io.firesteel.backend.TensorLayout;
import io.firesteel.tensor.Tensor;

/** Where a value is before the arena is planned. */
sealed interface Source permits Place, Source.Constant, Source.Slot, Source.None {

    Source NONE = new None();

    record Constant(Tensor tensor, TensorLayout layout) implements Source { }

    record Slot(int index) implements Source { }

    record None() implements Source { }
}
