package io.firesteel.onnx;

import io.firesteel.op.ControlFlow;
import io.firesteel.op.TypeJoin;
import io.firesteel.tensor.DataType;
import io.firesteel.tensor.Dim;
import io.firesteel.tensor.ValueType;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;
import java.util.function.Function;

/** Importers of conditionals and loops. */
public final class ControlFlowImporters implements ImporterFamily {

    private static final int GENERALIZATION_LIMIT = 8;

    @Override
    public void register(Registry registry) {
        registry.add("If", ControlFlowImporters::conditional);
        registry.add("Loop", ControlFlowImporters::loop);
        registry.add("", "Scan", 1, 8, ControlFlowImporters::batchedScan);
        registry.add("", "Scan", 9, Integer.MAX_VALUE, ControlFlowImporters::scan);
        registry.add("SequenceMap", ControlFlowImporters::sequenceMap);
    }

    private static void conditional(OnnxNode n) {
        OnnxNode.Body thenBody = n.body("then_branch", List.of());
        OnnxNode.Body elseBody = n.body("else_branch", List.of());
        List<String> inputs = new ArrayList<>(List.of(n.input(0)));
        n.emit(new ControlFlow.If(thenBody.graph(), elseBody.graph(), positions(thenBody, inputs), positions(elseBody, inputs)),
                inputs.toArray(String[]::new));
    }

    /** Where the body's captures are among the inputs, which get those they lack. */
    private static List<Long> positions(OnnxNode.Body body, List<String> inputs) {
        List<Long> positions = new ArrayList<>();
        for (String capture : body.captures()) {
            int at = inputs.subList(1, inputs.size()).indexOf(capture) + 1;
            if (at == 0) {
                at = inputs.size();
                inputs.add(capture);
            }
            positions.add((long) at);
        }
        return positions;
    }

    private static String[] join(String[] inputs, List<String> captures) {
        String[] all = Arrays.copyOf(inputs, inputs.length + captures.size());
        for (int i = 0; i < captures.size(); i++) {
            all[inputs.length + i] = captures.get(i);
        }
        return all;
    }

    /**
     * Imports a body some of whose outputs become inputs in the next round, with input types general enough for every round.
     *
     * @param types the types of the inputs in the first round
     * @param firstInput the first input that is carried
     * @param firstOutput the output that becomes it
     */
    private static OnnxNode.Body repeated(OnnxNode n, List<ValueType> types, int firstInput, int firstOutput, int carried) {
        List<ValueType> formal = new ArrayList<>(types);
        for (int attempt = 0; attempt < GENERALIZATION_LIMIT; attempt++) {
            OnnxNode.Body body = n.body("body", formal);
            if (body.graph().outputs().size() < firstOutput + carried) {
                throw n.invalid("its body has " + body.graph().outputs().size() + " outputs for " + carried + " carried values");
            }
            boolean general = true;
            for (int i = 0; i < carried; i++) {
                String name = n.name() + ".round" + i + ".";
                Function<String, Dim> unknown = hint -> Dim.symbol(name + hint);
                ValueType before = formal.get(firstInput + i);
                ValueType after = body.graph().type(body.graph().outputs().get(firstOutput + i).value());
                ValueType joined = TypeJoin.join(before, after, unknown).orElseThrow(() ->
                        n.invalid("a value carried from round to round is " + before + " at first and " + after + " later"));
                general &= joined.equals(before);
                formal.set(firstInput + i, joined);
            }
            if (general) {
                return body;
            }
        }
        throw n.unsupported("the types of the values carried from round to round cannot be found");
    }

    private static void loop(OnnxNode n) {
        int carried = Math.max(0, n.inputCount() - 2);
        List<ValueType> types = new ArrayList<>(List.of(ControlFlow.scalar(DataType.INT64), ControlFlow.scalar(DataType.BOOL)));
        for (int i = 0; i < carried; i++) {
            types.add(n.type(i + 2));
        }
        OnnxNode.Body body = repeated(n, types, 2, 1, carried);
        String[] inputs = Arrays.copyOf(n.inputs(), carried + 2);
        for (int i = 0; i < 2; i++) {
            inputs[i] = n.input(i);
        }
        n.emit(new ControlFlow.Loop(body.graph(), carried), join(inputs, body.captures()));
    }

    private static void scan(OnnxNode n) {
        int scanned = scanned(n, n.inputCount());
        int states = n.inputCount() - scanned;
        List<Long> axes = n.integers("scan_input_axes").orElse(Collections.nCopies(scanned, 0L));
        List<ValueType> types = new ArrayList<>();
        for (int i = 0; i < n.inputCount(); i++) {
            if (i < states) {
                types.add(n.type(i));
            } else {
                int rank = n.rank(i);
                long axis = axes.get(i - states);
                types.add(ControlFlow.Scan.slice(n.tensor(i), (int) (axis < 0 ? axis + rank : axis)));
            }
        }
        OnnxNode.Body body = repeated(n, types, 0, 0, states);
        List<Long> zeros = Collections.nCopies(body.graph().outputs().size() - states, 0L);
        n.emit(new ControlFlow.Scan(body.graph(), states, axes,
                n.integers("scan_input_directions").orElse(Collections.nCopies(scanned, 0L)),
                n.integers("scan_output_axes").orElse(zeros), n.integers("scan_output_directions").orElse(zeros)),
                join(n.inputs(), body.captures()));
    }

    private static int scanned(OnnxNode n, int inputs) {
        long scanned = n.integer("num_scan_inputs");
        if (scanned < 1 || scanned > inputs) {
            throw n.invalid("num_scan_inputs is " + scanned + " with " + inputs + " inputs");
        }
        return (int) scanned;
    }

    private static void batchedScan(OnnxNode n) {
        int scanned = scanned(n, n.inputCount() - 1);
        int states = n.inputCount() - 1 - scanned;
        List<ValueType> types = new ArrayList<>();
        for (int i = 1; i < n.inputCount(); i++) {
            types.add(ControlFlow.BatchedScan.item(n.tensor(i), i <= states ? 1 : 2));
        }
        OnnxNode.Body body = repeated(n, types, 0, 0, states);
        n.emit(new ControlFlow.BatchedScan(body.graph(), states, n.integers("directions").orElse(Collections.nCopies(scanned, 0L))),
                join(n.inputs(), body.captures()));
    }

    private static void sequenceMap(OnnxNode n) {
        List<ValueType> types = new ArrayList<>();
        for (int i = 0; i < n.inputCount(); i++) {
            types.add(n.type(i) instanceof ValueType.SequenceType sequence ? sequence.element() : n.type(i));
        }
        OnnxNode.Body body = n.body("body", types);
        n.emit(new ControlFlow.SequenceMap(body.graph(), n.inputCount() - 1), join(n.inputs(), body.captures()));
    }
}
