package io.firesteel.examples.custom;

import io.firesteel.onnx.ImporterFamily;

/** Reads {@link CumulativeMaximum} from ONNX nodes of the domain {@value #DOMAIN}, since version 1 of its operator set. */
public final class CumulativeMaximumImporters implements ImporterFamily {

    static final String DOMAIN = "com.example.series";

    private static final long LAST_AXIS = -1;

    @Override
    public void register(Registry registry) {
        registry.add(DOMAIN, "CumulativeMaximum", 1, Integer.MAX_VALUE,
                node -> node.emit(new CumulativeMaximum(node.integer("axis", LAST_AXIS)), node.input(0)));
    }
}
