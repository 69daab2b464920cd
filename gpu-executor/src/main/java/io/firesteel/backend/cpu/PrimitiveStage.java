package io.firesteel.backend.cpu;

import io.firesteel.backend.Launch;
import io.firesteel.backend.cpu.onednn.Execution;
import io.firesteel.backend.cpu.onednn.Primitive;
import java.util.List;

/**
 * A oneDNN primitive.
 *
 * @param primitive owned by the stage
 * @param arguments where each of its arguments lies
 */
record PrimitiveStage(Primitive primitive, List<Place> arguments) implements Stage {

    PrimitiveStage {
        arguments = List.copyOf(arguments);
        primitive.compile();
    }

    @Override
    public String implementation() {
        return primitive.implementation();
    }

    @Override
    public long scratchBytes() {
        return primitive.scratchBytes();
    }

    @Override
    public Launch bind(Memory memory) {
        long[] addresses = arguments.stream().mapToLong(memory::address).toArray();
        Execution execution = primitive.bind(memory.scratch(), addresses);
        return new Launch() {
            @Override
            public void run() {
                execution.run();
            }

            @Override
            public void close() {
                execution.close();
            }
        };
    }

    @Override
    public void close() {
        primitive.close();
    }
}
