package io.firesteel.plan;

import static org.assertj.core.api.Assertions.assertThat;

import io.firesteel.op.Operator;
import io.firesteel.reference.Evaluators;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class OperatorGroupsTest {

    @Test
    void everyOperatorOfFiresteelIsFoundInItsGroup() {
        List<Class<? extends Record>> own = Evaluators.get().operators().stream()
                .filter(type -> type.getPackage() == Operator.class.getPackage()).toList();
        assertThat(own).hasSizeGreaterThan(200);
        for (Class<? extends Record> type : own) {
            String group = type.getEnclosingClass() == null ? "" : type.getEnclosingClass().getSimpleName();
            assertThat(OperatorGroups.operator(group, type.getSimpleName())).as(type.getName()).contains(type);
        }
    }

    @ParameterizedTest
    @CsvSource({"Activations, Rely", "activations, Relu", "'', Relu", "'', Operator", "'', PoolingWindow", "../op/Activations, Relu", "'', [I",
        "'', ''"})
    void nothingElseIsFound(String group, String name) {
        assertThat(OperatorGroups.operator(group, name)).isEmpty();
    }
}
