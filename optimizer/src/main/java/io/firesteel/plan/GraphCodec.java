package io.firesteel.plan;

import io.firesteel.FiresteelException;
import io.firesteel.graph.Graph;
import io.firesteel.graph.GraphBuilder;
import io.firesteel.graph.Node;
import io.firesteel.plan.proto.ConstantDefinition;
import io.firesteel.plan.proto.GraphDefinition;
import io.firesteel.plan.proto.InputDefinition;
import io.firesteel.plan.proto.NodeDefinition;
import io.firesteel.plan.proto.OutputDefinition;
import io.firesteel.plan.proto.TensorDefinition;
import io.firesteel.tensor.Tensor;

/** Stores graphs; tensors go to and come from the blobs. */
final class GraphCodec {

    /** Where tensors are kept. */
    interface TensorStore {

        /** The number of the blob that holds the tensor's bytes. */
        int put(Tensor tensor);

        /** The tensor whose bytes a blob holds, checked against type and sizes. */
        Tensor get(TensorDefinition definition);
    }

    private final TensorStore tensors;
    private final RecordCodec records = new RecordCodec(this);

    GraphCodec(TensorStore tensors) {
        this.tensors = tensors;
    }

    GraphDefinition encode(Graph graph) {
        GraphDefinition.Builder definition = GraphDefinition.newBuilder().setName(graph.name());
        graph.inputs().forEach(i -> definition.addInputs(InputDefinition.newBuilder().setValue(i)
                .setType(TypeCodec.encode(graph.type(i)))));
        graph.constants().forEach((value, tensor) -> definition.addConstants(ConstantDefinition.newBuilder().setValue(value)
                .setTensor(encode(tensor))));
        for (Node node : graph.nodes()) {
            definition.addNodes(NodeDefinition.newBuilder().setName(node.name())
                    .setOperator(records.encode((Record) node.operator()))
                    .addAllInputs(node.inputs()).addAllOutputs(node.outputs()).addAllOrigins(node.origins()));
        }
        graph.outputs().forEach(o -> definition.addOutputs(OutputDefinition.newBuilder().setName(o.name()).setValue(o.value())));
        return definition.build();
    }

    TensorDefinition encode(Tensor tensor) {
        TensorDefinition.Builder definition = TensorDefinition.newBuilder().setDataType(tensor.dataType().label())
                .setBlob(tensors.put(tensor));
        for (long size : tensor.sizes()) {
            definition.addSizes(size);
        }
        return definition.build();
    }

    /** Builds the graph anew, so that every name and type in the file is checked. */
    Graph decode(GraphDefinition definition) {
        GraphBuilder builder = new GraphBuilder(definition.getName());
        definition.getInputsList().forEach(i -> builder.input(i.getValue(), TypeCodec.decode(i.getType())));
        definition.getConstantsList().forEach(c -> builder.constant(c.getValue(), decode(c.getTensor())));
        for (NodeDefinition node : definition.getNodesList()) {
            builder.add(new Node(node.getName(), records.decodeOperator(node.getOperator()), node.getInputsList(),
                    node.getOutputsList(), node.getOriginsList()));
        }
        definition.getOutputsList().forEach(o -> builder.output(o.getName(), o.getValue()));
        return builder.build();
    }

    Tensor decode(TensorDefinition definition) {
        long elements = 1;
        try {
            for (long size : definition.getSizesList()) {
                if (size < 0) {
                    throw new ArithmeticException();
                }
                elements = Math.multiplyExact(elements, size);
            }
            Math.multiplyExact(elements, 8);
        } catch (ArithmeticException e) {
            throw FiresteelException.user("PLAN_DAMAGED", "the plan is damaged: tensor sizes " + definition.getSizesList());
        }
        return tensors.get(definition);
    }
}
