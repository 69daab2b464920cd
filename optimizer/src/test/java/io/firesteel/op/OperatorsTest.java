package io.firesteel.op;

import static org.assertj.core.api.Assertions.assertThat;

import io.firesteel.reference.Evaluators;
import java.util.List;
import org.junit.jupiter.api.Test;

class OperatorsTest {

    @Test
    void everyRegisteredOperatorOfThePackageIsFoundByItsName() {
        List<Class<? extends Record>> registered = Evaluators.get().operators().stream()
                .filter(type -> type.getPackage() == Operator.class.getPackage()).toList();
        assertThat(registered).isNotEmpty()
                .allSatisfy(type -> assertThat(Operators.named(type.getSimpleName()).orElse(null)).isEqualTo(type));
    }

    @Test
    void otherNamesAreNotFound() {
        assertThat(Operators.named("Operator")).isEmpty();
        assertThat(Operators.named("")).isEmpty();
    }
}
