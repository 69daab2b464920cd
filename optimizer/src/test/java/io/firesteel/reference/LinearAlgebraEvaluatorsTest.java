package io.firesteel.reference;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import io.firesteel.op.LinearAlgebra;
import io.firesteel.tensor.Tensor;
import org.junit.jupiter.api.Test;

class LinearAlgebraEvaluatorsTest {

    @Test
    void determinantsOfMatricesThatNeedRowExchanges() {
        Tensor x = Tensor.floats(new long[] {2, 3, 3}, 0, 2, 1, 1, 0, 3, 2, 1, 0, 1, 2, 3, 4, 5, 6, 7, 8, 9);
        float[] y = OneNode.run(new LinearAlgebra.Det(), x).toFloats();
        assertThat(y).containsExactly(new float[] {13, 0}, within(1e-5f));
    }
}
