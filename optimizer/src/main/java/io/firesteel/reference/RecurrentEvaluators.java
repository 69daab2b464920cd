package io.firesteel.reference;

import io.firesteel.op.Recurrent;
import io.firesteel.op.RecurrentActivation;
import io.firesteel.tensor.HostValue;
import io.firesteel.tensor.Tensor;
import java.util.Arrays;
import java.util.List;

/** Evaluators of {@link Recurrent}, computed in double and rounded once for each output. */
public final class RecurrentEvaluators implements EvaluatorFamily {

    private interface CellMaker {
        RecurrentCell make(int hidden, double[] recurrence, double[] bias, List<RecurrentActivation> activations, double[] peephole);
    }

    @Override
    public void register(Registry registry) {
        registry.add(Recurrent.RNN.class, (op, in) -> run(op.form(), in, 1, 1,
                (hidden, r, bias, functions, p) -> new RecurrentCell.Simple(hidden, r, bias, functions, op.form().clip())));
        registry.add(Recurrent.GRU.class, (op, in) -> run(op.form(), in, 3, 2, (hidden, r, bias, functions, p) ->
                new RecurrentCell.Gated(hidden, r, bias, functions, op.form().clip(), op.linearBeforeReset())));
        registry.add(Recurrent.LSTM.class, (op, in) -> run(op.form(), in, 4, 3, (hidden, r, bias, functions, p) ->
                new RecurrentCell.LongShortTerm(hidden, r, bias, functions, op.form().clip(), p, op.inputForget())));
    }

    private static List<HostValue> run(Recurrent.Form form, EvaluationContext in, int gates, int functions, CellMaker maker) {
        Tensor x = in.tensor(0);
        int steps = Math.toIntExact(x.size(form.batchFirst() ? 1 : 0));
        int batch = Math.toIntExact(x.size(form.batchFirst() ? 0 : 1));
        int features = Math.toIntExact(x.size(2));
        int hidden = Math.toIntExact(in.tensor(2).size(2));
        int directions = form.direction().count();
        Layout layout = new Layout(form.batchFirst(), steps, batch, directions, hidden);
        double[] sequence = new double[Math.multiplyExact(steps * directions, batch * hidden)];
        double[] lastHidden = state(in, 5, directions * batch * hidden);
        double[] lastCell = state(in, 6, directions * batch * hidden);
        int rows = gates * hidden;
        for (int d = 0; d < directions; d++) {
            double[] w = Elements.read(in.tensor(1), (long) d * rows * features, rows * features);
            double[] r = Elements.read(in.tensor(2), (long) d * rows * hidden, rows * hidden);
            double[] bias = in.hasInput(3) ? Elements.read(in.tensor(3), 2L * d * rows, 2 * rows) : new double[2 * rows];
            double[] peephole = in.hasInput(7) ? Elements.read(in.tensor(7), 3L * d * hidden, 3 * hidden) : new double[3 * hidden];
            RecurrentCell cell = maker.make(hidden, r, Arrays.copyOfRange(bias, rows, 2 * rows),
                    form.activations().subList(d * functions, (d + 1) * functions), peephole);
            boolean reverse = d == 1 || form.direction() == Recurrent.Direction.REVERSE;
            for (int b = 0; b < batch; b++) {
                int length = in.hasInput(4) ? (int) in.tensor(4).getLong(b) : steps;
                if (length < 0 || length > steps) {
                    throw in.error("row " + b + " is said to have " + length + " steps, the data has " + steps);
                }
                int stateAt = layout.state(d, b);
                double[] h = Arrays.copyOfRange(lastHidden, stateAt, stateAt + hidden);
                double[] c = Arrays.copyOfRange(lastCell, stateAt, stateAt + hidden);
                for (int step = 0; step < length; step++) {
                    int t = reverse ? length - 1 - step : step;
                    long from = (long) (form.batchFirst() ? b * steps + t : t * batch + b) * features;
                    cell.step(project(w, bias, rows, Elements.read(x, from, features)), h, c);
                    System.arraycopy(h, 0, sequence, layout.sequence(t, d, b), hidden);
                }
                System.arraycopy(h, 0, lastHidden, stateAt, hidden);
                System.arraycopy(c, 0, lastCell, stateAt, hidden);
            }
        }
        return List.of(Elements.tensor(x.dataType(), layout.sequenceSizes(), sequence),
                Elements.tensor(x.dataType(), layout.stateSizes(), lastHidden),
                Elements.tensor(x.dataType(), layout.stateSizes(), lastCell));
    }

    private static double[] state(EvaluationContext in, int index, int size) {
        if (!in.hasInput(index)) {
            return new double[size];
        }
        if (in.tensor(index).elements() != size) {
            throw in.error("the initial state, input " + index + ", must have " + size + " elements, is " + in.tensor(index).type());
        }
        return Elements.read(in.tensor(index));
    }

    /** W times the features plus the bias of W. */
    private static double[] project(double[] w, double[] bias, int rows, double[] features) {
        double[] gates = new double[rows];
        for (int j = 0; j < rows; j++) {
            double sum = bias[j];
            for (int k = 0; k < features.length; k++) {
                sum += w[j * features.length + k] * features[k];
            }
            gates[j] = sum;
        }
        return gates;
    }

    /** Where outputs are. */
    private record Layout(boolean batchFirst, int steps, int batch, int directions, int hidden) {

        int sequence(int t, int d, int b) {
            return (batchFirst ? (b * steps + t) * directions + d : (t * directions + d) * batch + b) * hidden;
        }

        int state(int d, int b) {
            return (batchFirst ? b * directions + d : d * batch + b) * hidden;
        }

        long[] sequenceSizes() {
            return batchFirst ? new long[] {batch, steps, directions, hidden} : new long[] {steps, directions, batch, hidden};
        }

        long[] stateSizes() {
            return batchFirst ? new long[] {batch, directions, hidden} : new long[] {directions, batch, hidden};
        }
    }
}
