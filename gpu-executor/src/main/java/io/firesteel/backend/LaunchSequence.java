package io.firesteel.backend;

/** Launches that run one after the other. */
record LaunchSequence(Launch[] launches) implements Launch {

    @Override
    public void run() {
        for (Launch launch : launches) {
            launch.run();
        }
    }

    @Override
    public void close() {
        for (Launch launch : launches) {
            launch.close();
        }
    }
}
