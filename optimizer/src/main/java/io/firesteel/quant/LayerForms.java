package io.firesteel.quant;

import io.firesteel.graph.Graph;
import io.firesteel.graph.Node;
import io.firesteel.op.Activations;
import io.firesteel.op.Arithmetic;
import io.firesteel.op.ConvolutionTranspose;
import io.firesteel.op.DataMovement;
import io.firesteel.op.EpilogueOperator;
import io.firesteel.op.Fused;
import io.firesteel.op.MatMul;
import io.firesteel.op.Operator;
import io.firesteel.op.PointwiseOperator;
import io.firesteel.op.Pooling;
import io.firesteel.op.Resampling;
import io.firesteel.tensor.DataType;
import io.firesteel.tensor.Dim;
import io.firesteel.tensor.Tensor;
import io.firesteel.tensor.TensorType;
import java.util.List;
import java.util.Optional;
import java.util.Set;

/** Which part the layers of a graph can take in an int8 network. */
final class LayerForms {

    /** The part a layer takes. */
    enum Form {
        /** A convolution or matrix product: int8 wherever the range of its data is known. */
        PRODUCT,
        /** Average pooling and interpolation: int8 where the data is made in int8. */
        POOLING,
        /** A pointwise operator: int8 where operands are made, and the result is read, in int8. */
        POINTWISE,
        /** Chooses among elements: bytes where what reads the result takes bytes. */
        MOVEMENT,
        /** Computes on real numbers. */
        REAL
    }

    /** Those that are steep nowhere, so that a byte of their operand gives a byte of their result. */
    private static final Set<Class<?>> POINTWISE = Set.of(Arithmetic.Add.class, Arithmetic.Sub.class, Arithmetic.Mul.class,
            Arithmetic.Min.class, Arithmetic.Max.class, Activations.Relu.class, Activations.LeakyRelu.class, Activations.PRelu.class,
            Activations.ClipTo.class, Activations.Sigmoid.class, Activations.Tanh.class, Activations.Swish.class,
            Activations.HardSwish.class, Activations.HardSigmoid.class);

    private final Graph graph;

    LayerForms(Graph graph) {
        this.graph = graph;
    }

    Form of(Node node) {
        Operator operator = node.operator();
        boolean one = node.outputs().stream().filter(o -> !o.isEmpty()).count() == 1;
        if (operator instanceof EpilogueOperator) {
            return productRefusal(node).isEmpty() ? Form.PRODUCT : Form.REAL;
        }
        if (node.outputs().stream().anyMatch(o -> !o.isEmpty() && !isReal(o))) {
            return Form.REAL;
        }
        if (operator instanceof DataMovement || operator instanceof Pooling.MaxPool && one) {
            return node.inputs().stream().anyMatch(i -> isReal(i) && graph.constant(i).isPresent()) || !isReal(node.input(0))
                    ? Form.REAL : Form.MOVEMENT;
        }
        if (operator instanceof Pooling.AveragePool || operator instanceof Pooling.GlobalAveragePool
                || operator instanceof Pooling.GlobalMaxPool || operator instanceof Resampling.Resize) {
            return isActivation(node.input(0)) ? Form.POOLING : Form.REAL;
        }
        boolean pointwise = operator instanceof Fused.PointwiseChain chain
                ? chain.program().instructions().stream().allMatch(i -> POINTWISE.contains(i.operator().getClass()))
                : operator instanceof PointwiseOperator && POINTWISE.contains(operator.getClass());
        return pointwise && node.inputs().stream().allMatch(this::isReal) && node.inputs().stream().anyMatch(this::isActivation)
                ? Form.POINTWISE : Form.REAL;
    }

    /** Why a convolution or matrix product has no integer form, or empty where it has one. */
    Optional<String> productRefusal(Node node) {
        if (!isActivation(node.input(0)) || !isReal(node.output())) {
            return Optional.of("its data is no fp32 activation of known rank");
        }
        Optional<Tensor> weights = graph.constant(node.input(1));
        boolean matmul = node.operator() instanceof MatMul;
        if (weights.isEmpty() && !(matmul && isActivation(node.input(1)))) {
            return Optional.of("its weights are no constant");
        }
        if (matmul && (graph.tensor(node.input(0)).shape().rank() < 2 || graph.tensor(node.input(1)).shape().rank() < 2)) {
            return Optional.of("one of its operands is a vector");
        }
        if (weights.isPresent() && weights.get().dataType() != DataType.FLOAT32) {
            return Optional.of("its weights are " + weights.get().dataType());
        }
        return Optional.empty();
    }

    /** The axis of a product's constant weights along which scales vary, or -1 for one scale. */
    int weightsAxis(Node product) {
        int rank = graph.tensor(product.input(1)).shape().rank();
        if (product.operator() instanceof MatMul matmul) {
            return rank == 2 ? matmul.transposeB() ? 0 : 1 : -1;
        }
        if (product.operator() instanceof ConvolutionTranspose transposed) {
            boolean depthwise = graph.tensor(product.input(1)).shape().dim(1).equals(Dim.of(1));
            return transposed.groups() == 1 ? 1 : depthwise ? 0 : -1;
        }
        return 0;
    }

    /** The operands of a product that are multiplied and vary with the data. */
    List<String> factors(Node product) {
        return List.of(product.input(0), product.input(1)).stream().filter(this::isActivation).toList();
    }

    /** Whether an operand of a product's epilogue is a tensor like its result: a residual. */
    boolean isResidual(Node product, int input) {
        String value = product.input(input);
        return input >= EpilogueOperator.EPILOGUE_INPUT && isActivation(value)
                && graph.tensor(value).equals(graph.tensor(product.output()));
    }

    /** Whether a value is an fp32 tensor of known rank that varies with the data. */
    boolean isActivation(String value) {
        return isReal(value) && graph.constant(value).isEmpty();
    }

    private boolean isReal(String value) {
        return !value.isEmpty() && graph.type(value) instanceof TensorType type && type.hasRank()
                && type.dataType() == DataType.FLOAT32;
    }
}
