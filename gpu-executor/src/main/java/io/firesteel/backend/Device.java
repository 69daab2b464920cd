package io.firesteel.backend;

/**
 * One device.
 *
 * @param backend name of its provider
 * @param index its number within the provider, from 0
 * @param name what its maker calls it
 * @param key identifies everything that tuning depends on: model, driver and library versions
 * @param hostMemory whether its memory is the host's, so that host code reads and writes it in place
 */
public record Device(String backend, int index, String name, String key, boolean hostMemory) {

    // Written out, as a record's own are linked with a dozen classes made when they are first used.
    @Override
    public boolean equals(Object other) {
        return other instanceof Device that && backend.equals(that.backend) && index == that.index && name.equals(that.name) && key.equals(that.key)
                && hostMemory == that.hostMemory;
    }

    @Override
    public int hashCode() {
        return 31 * (31 * backend.hashCode() + index) + key.hashCode();
    }

    /** The label users write and see: {@code cpu}, {@code cuda:1}. */
    public String label() {
        return hostMemory ? backend : backend + ":" + index;
    }

    @Override
    public String toString() {
        return label() + " (" + name + ")";
    }
}
