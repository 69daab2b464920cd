package io.firesteel.onnx;

import io.firesteel.op.LinearAlgebra;

/** Importers of functions of matrices. */
public final class LinearAlgebraImporters implements ImporterFamily {

    @Override
    public void register(Registry registry) {
        registry.add("Det", n -> n.emit(new LinearAlgebra.Det(), n.input(0)));
    }
}
