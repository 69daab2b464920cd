package io.firesteel.onnx;

import io.firesteel.op.Conversions;
import io.firesteel.op.Generators;
import io.firesteel.op.RandomNumbers;
import io.firesteel.op.ShapeQueries;
import io.firesteel.tensor.DataType;
import io.firesteel.tensor.Tensor;
import java.util.List;
import java.util.Optional;

/** Importers of random numbers and of Dropout, which is nothing unless the network trains. */
public final class RandomNumberImporters implements ImporterFamily {

    private static final int LAST_TEST_FLAG = 6;
    private static final int FIRST_BOOL_MASK = 10;
    private static final int FIRST_TRAINING_INPUT = 12;

    @Override
    public void register(Registry registry) {
        registry.add("RandomNormal", n -> n.emit(new RandomNumbers.RandomNormal(n.dataType("dtype", DataType.FLOAT32),
                n.real("mean", 0), n.real("scale", 1), seed(n), shape(n))));
        registry.add("RandomNormalLike", n -> n.emit(new RandomNumbers.RandomNormalLike(typeLike(n),
                n.real("mean", 0), n.real("scale", 1), seed(n)), n.input(0)));
        registry.add("RandomUniform", n -> n.emit(new RandomNumbers.RandomUniform(n.dataType("dtype", DataType.FLOAT32),
                n.real("low", 0), n.real("high", 1), seed(n), shape(n))));
        registry.add("RandomUniformLike", n -> n.emit(new RandomNumbers.RandomUniformLike(typeLike(n),
                n.real("low", 0), n.real("high", 1), seed(n)), n.input(0)));
        registry.add("Bernoulli", n -> n.emit(new RandomNumbers.Bernoulli(typeLike(n), seed(n)), n.input(0)));
        registry.add("Multinomial", n -> n.emit(new RandomNumbers.Multinomial(n.dataType("dtype", DataType.INT32),
                n.integer("sample_size", 1), seed(n)), n.input(0)));
        registry.add("", "Dropout", 1, LAST_TEST_FLAG, RandomNumberImporters::flaggedDropout);
        registry.add("", "Dropout", LAST_TEST_FLAG + 1, FIRST_TRAINING_INPUT - 1, RandomNumberImporters::inferenceDropout);
        registry.add("", "Dropout", FIRST_TRAINING_INPUT, Integer.MAX_VALUE, RandomNumberImporters::dropout);
    }

    private static Optional<Float> seed(OnnxNode node) {
        return node.has("seed") ? Optional.of(node.real("seed", 0)) : Optional.empty();
    }

    private static List<Long> shape(OnnxNode node) {
        return node.integers("shape").orElseThrow(() -> node.invalid("attribute 'shape' is missing"));
    }

    private static DataType typeLike(OnnxNode node) {
        return node.dataType("dtype", node.tensor(0).dataType());
    }

    private static void flaggedDropout(OnnxNode node) {
        if (!node.flag("is_test", false) && node.real("ratio", 0.5f) != 0) {
            throw node.unsupported("dropout while training: export the model for inference (is_test = 1)");
        }
        inferenceDropout(node);
    }

    private static void inferenceDropout(OnnxNode node) {
        node.define(0, node.input(0));
        if (node.hasOutput(1)) {
            DataType type = node.opset() < FIRST_BOOL_MASK ? node.tensor(0).dataType() : DataType.BOOL;
            String ones = node.add(new Generators.ConstantOfShape(DataType.BOOL, 0, 1),
                    node.add(new ShapeQueries.Shape(0, Optional.empty()), node.input(0)));
            node.define(1, type == DataType.BOOL ? ones : node.add(new Conversions.Cast(type), ones));
        }
    }

    private static void dropout(OnnxNode node) {
        boolean knownToInfer = !node.hasInput(2) || node.constant(2).filter(t -> !t.getBoolean(0)).isPresent();
        boolean keepsAll = node.constant(1).filter(RandomNumberImporters::isZero).isPresent();
        if (knownToInfer || keepsAll) {
            inferenceDropout(node);
        } else {
            node.emit(new RandomNumbers.Dropout(node.has("seed") ? Optional.of(node.integer("seed")) : Optional.empty()),
                    node.input(0), node.input(1), node.input(2));
        }
    }

    private static boolean isZero(Tensor ratio) {
        return ratio.elements() == 1 && ratio.getDouble(0) == 0;
    }
}
