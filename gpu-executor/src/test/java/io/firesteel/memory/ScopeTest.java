package io.firesteel.memory;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

class ScopeTest {

    @Test
    void resourcesAreClosedInReverseOrder() {
        List<String> closed = new ArrayList<>();
        try (Scope scope = Scope.root("engine")) {
            scope.own(() -> closed.add("first"));
            scope.own(() -> closed.add("second"));
        }
        assertThat(closed).containsExactly("second", "first");
    }

    @Test
    void aScopeWithAnOpenChildFailsToCloseAndReleasesNothing() {
        List<String> closed = new ArrayList<>();
        Scope engine = Scope.root("engine");
        engine.own(() -> closed.add("weights"));
        Scope session = engine.child("session");
        assertThatThrownBy(engine::close).isInstanceOf(IllegalStateException.class).hasMessageContaining("engine");
        assertThat(closed).isEmpty();
        session.close();
        engine.close();
        assertThat(closed).containsExactly("weights");
    }

    @Test
    void closingTwiceReleasesOnce() {
        List<String> closed = new ArrayList<>();
        Scope scope = Scope.root("engine");
        scope.own(() -> closed.add("weights"));
        scope.close();
        scope.close();
        assertThat(closed).hasSize(1);
        assertThatThrownBy(() -> scope.child("session")).isInstanceOf(IllegalStateException.class);
    }

    @Test
    void aFailureDoesNotKeepTheRestOpen() {
        List<String> closed = new ArrayList<>();
        Scope scope = Scope.root("engine");
        scope.own(() -> closed.add("weights"));
        scope.own(() -> {
            throw new IllegalStateException("broken");
        });
        assertThatThrownBy(scope::close).hasRootCauseMessage("broken");
        assertThat(closed).containsExactly("weights");
    }
}
