package io.firesteel.backend.cpu;

import io.firesteel.backend.Kernel;
import io.firesteel.backend.Launch;
import io.firesteel.backend.Stream;
import java.util.List;
import java.util.stream.Collectors;

/** A kernel of stages that run one after the other. */
final class StagedKernel implements Kernel {

    private static final long ALIGNMENT = 64;

    private final List<Stage> stages;
    private final long temporaryBytes;
    private final String implementation;

    /**
     * @param temporaryBytes memory that the stages share for intermediate results
     */
    StagedKernel(List<Stage> stages, long temporaryBytes) {
        this(stages, temporaryBytes, stages.stream().map(Stage::implementation).collect(Collectors.joining(" + ")));
    }

    /** As above, with a name for listings. */
    StagedKernel(List<Stage> stages, long temporaryBytes, String implementation) {
        this.implementation = implementation;
        this.stages = List.copyOf(stages);
        this.temporaryBytes = (temporaryBytes + ALIGNMENT - 1) / ALIGNMENT * ALIGNMENT;
    }

    StagedKernel(Stage stage) {
        this(List.of(stage), 0);
    }

    @Override
    public String implementation() {
        return implementation;
    }

    @Override
    public long scratchBytes() {
        return temporaryBytes + stages.stream().mapToLong(Stage::scratchBytes).max().orElse(0);
    }

    @Override
    public Launch bind(Stream stream, long[] inputs, long[] outputs, long scratch) {
        Stage.Memory memory = new Stage.Memory(inputs, outputs, scratch, scratch + temporaryBytes);
        return Launch.sequence(stages.stream().map(stage -> stage.bind(memory)).toList());
    }

    @Override
    public void close() {
        stages.forEach(Stage::close);
    }
}
