package io.firesteel.backend.cuda.dnn;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Consumer;

/** A graph as cuDNN's descriptors. */
final class NativeGraph implements AutoCloseable {

    private static final int CROSS_CORRELATION = 1;

    private final List<Descriptor> owned = new ArrayList<>();
    private final Map<Integer, Descriptor> tensors = new HashMap<>();
    private final Descriptor graph;

    NativeGraph(DnnGraph source, DnnHandle handle) {
        try {
            source.tensors().values().forEach(t -> tensors.put(t.id(), tensor(t)));
            Descriptor[] operations = source.operations().stream().map(this::operation).toArray(Descriptor[]::new);
            graph = own(DescriptorKind.OPERATION_GRAPH, d -> d.set(Attribute.GRAPH_HANDLE, handle.address())
                    .set(Attribute.GRAPH_OPERATIONS, operations));
        } catch (RuntimeException e) {
            close();
            throw e;
        }
    }

    /** The finished operation graph. */
    Descriptor descriptor() {
        return graph;
    }

    private Descriptor own(DescriptorKind kind, Consumer<Descriptor> setup) {
        Descriptor descriptor = Descriptor.make(kind, setup);
        owned.add(descriptor);
        return descriptor;
    }

    private Descriptor tensor(GraphTensor tensor) {
        return own(DescriptorKind.TENSOR, d -> {
            d.set(Attribute.TENSOR_ID, tensor.id()).set(Attribute.TENSOR_DATA_TYPE, tensor.type().code)
                    .set(Attribute.TENSOR_SIZES, tensor.sizes()).set(Attribute.TENSOR_STRIDES, tensor.strides())
                    .set(Attribute.TENSOR_ALIGNMENT, GraphTensor.ALIGNMENT);
            if (tensor.role() == GraphTensor.Role.VIRTUAL) {
                d.set(Attribute.TENSOR_IS_VIRTUAL, 1);
            } else if (tensor.role() == GraphTensor.Role.SCALAR) {
                d.set(Attribute.TENSOR_IS_BY_VALUE, 1);
            }
        });
    }

    private Descriptor operation(GraphOperation operation) {
        if (operation instanceof GraphOperation.Convolution o) {
            Descriptor convolution = convolution(o.window(), o.x().type().sum());
            return own(DescriptorKind.CONVOLUTION_FORWARD, d -> d.set(Attribute.CONVOLUTION_FORWARD_DESCRIPTOR, convolution)
                    .set(Attribute.CONVOLUTION_FORWARD_X, of(o.x())).set(Attribute.CONVOLUTION_FORWARD_W, of(o.w()))
                    .set(Attribute.CONVOLUTION_FORWARD_Y, of(o.y()))
                    .setReal(Attribute.CONVOLUTION_FORWARD_ALPHA, 1).setReal(Attribute.CONVOLUTION_FORWARD_BETA, 0));
        }
        if (operation instanceof GraphOperation.MatrixProduct o) {
            Descriptor product = own(DescriptorKind.MATMUL,
                    d -> d.set(Attribute.MATMUL_COMPUTE_TYPE, ElementType.FLOAT.code));
            return own(DescriptorKind.MATMUL_OPERATION, d -> d.set(Attribute.MATMUL_DESCRIPTOR, product)
                    .set(Attribute.MATMUL_A, of(o.a())).set(Attribute.MATMUL_B, of(o.b())).set(Attribute.MATMUL_C, of(o.c())));
        }
        if (operation instanceof GraphOperation.Attention o) {
            return own(DescriptorKind.ATTENTION_OPERATION, d -> d.set(Attribute.ATTENTION_Q, of(o.q()))
                    .set(Attribute.ATTENTION_K, of(o.k())).set(Attribute.ATTENTION_V, of(o.v()))
                    .set(Attribute.ATTENTION_Y, of(o.y())).set(Attribute.ATTENTION_SCALE, of(o.scale())));
        }
        return pointwise((GraphOperation.Pointwise) operation);
    }

    private Descriptor pointwise(GraphOperation.Pointwise operation) {
        Descriptor function = own(DescriptorKind.POINTWISE, d -> {
            d.set(Attribute.POINTWISE_MODE, operation.mode().code)
                    .set(Attribute.POINTWISE_COMPUTE_TYPE, ElementType.FLOAT.code);
            operation.parameters().forEach(d::setReal);
        });
        return own(DescriptorKind.POINTWISE_OPERATION, d -> {
            d.set(Attribute.POINTWISE_DESCRIPTOR, function).set(Attribute.POINTWISE_X, of(operation.operands().get(0)));
            if (operation.operands().size() > 1) {
                d.set(Attribute.POINTWISE_B, of(operation.operands().get(1)));
            }
            d.set(Attribute.POINTWISE_Y, of(operation.result()));
        });
    }

    private Descriptor convolution(Window window, ElementType sum) {
        return own(DescriptorKind.CONVOLUTION, d -> d.set(Attribute.CONVOLUTION_COMPUTE_TYPE, sum.code)
                .set(Attribute.CONVOLUTION_MODE, CROSS_CORRELATION)
                .set(Attribute.CONVOLUTION_SPATIAL_AXES, window.strides().size())
                .set(Attribute.CONVOLUTION_STRIDES, window.strides()).set(Attribute.CONVOLUTION_DILATIONS, window.dilations())
                .set(Attribute.CONVOLUTION_PADS_BEGIN, window.padsBegin())
                .set(Attribute.CONVOLUTION_PADS_END, window.padsEnd()));
    }

    private Descriptor of(GraphTensor tensor) {
        return tensors.get(tensor.id());
    }

    @Override
    public void close() {
        for (int i = owned.size() - 1; i >= 0; i--) {
            owned.get(i).close();
        }
    }
}
