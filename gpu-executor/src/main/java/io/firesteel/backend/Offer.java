package io.firesteel.backend;

import java.util.List;

/**
 * A backend's answer for one layer.
 *
 * @param tactics ways to compute it, the preferred first; empty where it cannot
 * @param reason why there are none, in one line; empty where there are some
 */
public record Offer(List<Tactic> tactics, String reason) {

    public Offer {
        tactics = List.copyOf(tactics);
        if (tactics.isEmpty() == reason.isEmpty()) {
            throw new IllegalArgumentException("an offer has either tactics or a reason");
        }
    }

    /** An offer of at least one tactic. */
    public static Offer of(List<Tactic> tactics) {
        return new Offer(tactics, "");
    }

    /** An offer of at least one tactic. */
    public static Offer of(Tactic... tactics) {
        return new Offer(List.of(tactics), "");
    }

    /** A refusal. */
    public static Offer none(String reason) {
        return new Offer(List.of(), reason);
    }
}
