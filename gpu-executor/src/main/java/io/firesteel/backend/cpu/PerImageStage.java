package io.firesteel.backend.cpu;

import io.firesteel.backend.Launch;
import io.firesteel.backend.cpu.onednn.Execution;
import io.firesteel.backend.cpu.onednn.Primitive;
import java.util.List;
import java.util.stream.IntStream;

/**
 * A oneDNN primitive for one image, run for each image of a batch: one image of a channel slice in a blocked format is
 * contiguous, where the batch is not and oneDNN would fall to its reference implementation.
 *
 * @param primitive owned by the stage
 * @param arguments where each of its arguments lies for the first image
 * @param imageBytes distance between images, for each argument
 * @param images how many there are
 */
record PerImageStage(Primitive primitive, List<Place> arguments, List<Long> imageBytes, int images) implements Stage {

    PerImageStage {
        arguments = List.copyOf(arguments);
        imageBytes = List.copyOf(imageBytes);
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
        Execution[] executions = IntStream.range(0, images).mapToObj(image -> primitive.bind(memory.scratch(),
                IntStream.range(0, arguments.size())
                        .mapToLong(i -> memory.address(arguments.get(i)) + image * imageBytes.get(i)).toArray()))
                .toArray(Execution[]::new);
        return new Launch() {
            @Override
            public void run() {
                for (Execution execution : executions) {
                    execution.run();
                }
            }

            @Override
            public void close() {
                for (Execution execution : executions) {
                    execution.close();
                }
            }
        };
    }

    @Override
    public void close() {
        primitive.close();
    }
}
