package io.firesteel.backend.cuda.kernel;

import io.firesteel.backend.Kernel;
import io.firesteel.backend.Layer;
import io.firesteel.backend.Sizes;
import io.firesteel.backend.TensorLayout;
import io.firesteel.backend.cuda.driver.CudaContext;
import io.firesteel.op.Recurrent;
import io.firesteel.plan.Precision;
import io.firesteel.tensor.DataType;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Optional;

/**
 * All steps of a recurrent layer of 16-bit numbers in one launch, after another kernel has computed what the inputs of all steps add
 * to the gates. Clusters of blocks keep the recurrent weights in registers and exchange their states through shared memory.
 */
public final class RecurrentSweep {

    private static final int WARPS = 8;
    private static final int TILE = 16;
    private static final int MOST_CLUSTER = 16;
    private static final int MOST_WEIGHT_REGISTERS = 128;

    private final Layer layer;
    private final RecurrentCell cell;
    private final int rows;
    private final int shares;
    private final int cluster;

    /**
     * @param rows rows of the batch that a cluster takes, 8, 16 or 32
     * @param shares how many warps share the inner axis
     * @param cluster blocks of a cluster
     */
    private RecurrentSweep(Layer layer, RecurrentCell cell, int rows, int shares, int cluster) {
        this.layer = layer;
        this.cell = cell;
        this.rows = rows;
        this.shares = shares;
        this.cluster = cluster;
    }

    /** The ways to compute a layer, those that are likely faster first; none where its weights do not fit into registers. */
    public static List<RecurrentSweep> of(Layer layer) {
        Optional<RecurrentCell> cell = RecurrentCell.of(layer);
        DataType type = CudaTypes.compute(layer);
        if (cell.isEmpty() || type.bytes() != 2 || layer.input(0).dataType() != DataType.FLOAT32
                || layer.input(0).shape().elements() == 0) {
            return List.of();
        }
        long batch = layer.inputSizes(0)[cell.get().form().batchFirst() ? 0 : 1];
        List<RecurrentSweep> result = new ArrayList<>();
        for (int rows : new int[] {16, 8, 32}) {
            for (int shares = 1; shares <= Math.min(4, rows / 4); shares *= 2) {
                int blocks = Math.toIntExact(Sizes.ceilDiv(layer.inputSizes(2)[2], 8L * WARPS / shares));
                RecurrentSweep sweep = new RecurrentSweep(layer, cell.get(), rows, shares, powerOfTwo(blocks));
                if (sweep.cluster <= MOST_CLUSTER && sweep.weightRegisters() <= MOST_WEIGHT_REGISTERS && (rows == 8 || rows < 2 * batch)) {
                    result.add(sweep);
                }
            }
        }
        return result;
    }

    private static int powerOfTwo(int atLeast) {
        return atLeast <= 1 ? 1 : Integer.highestOneBit(atLeast - 1) * 2;
    }

    private long weightRegisters() {
        return (cell.gates() + 1) / 2 * tiles() / shares * 4;
    }

    /** Tiles of the inner axis, an even number for each share. */
    private long tiles() {
        return Sizes.ceilDiv(hidden(), 2L * TILE * shares) * 2 * shares;
    }

    private long hidden() {
        return layer.inputSizes(2)[2];
    }

    private int directions() {
        return cell.form().direction().count();
    }

    private long steps() {
        return layer.inputSizes(0)[cell.form().batchFirst() ? 1 : 0];
    }

    private long batch() {
        return layer.inputSizes(0)[cell.form().batchFirst() ? 0 : 1];
    }

    /** Its name, stable for a layer. */
    public String name() {
        return "recurrent:cluster" + cluster + "x" + rows + (shares > 1 ? "/" + shares : "");
    }

    /** Rows of the product that precedes it: all steps of all rows of the batch, in the order of the data. */
    public long productRows() {
        return steps() * batch();
    }

    /** Columns of the product: the gates of all directions. */
    public long productColumns() {
        return directions() * cell.gates() * hidden();
    }

    /** Layouts of the layer's inputs. */
    public TensorLayout[] inputs() {
        return RecurrentKernels.inputs(layer);
    }

    /** Layouts of the layer's outputs. */
    public TensorLayout[] outputs() {
        return RecurrentKernels.outputs(layer);
    }

    /** The precision of its results. */
    public Precision precision() {
        return CudaTypes.precision(layer);
    }

    /** The kernel. Its inputs are those of the layer but for the first: the product, in fp32 and without biases. */
    public Kernel kernel(CudaContext context) {
        return new GeneratedKernel(context, name(), KernelSequence.of(call()));
    }

    KernelCall call() {
        DataType type = CudaTypes.compute(layer);
        boolean batchFirst = cell.form().batchFirst();
        SourceText text = new SourceText().line("typedef %s T;", CudaTypes.storage(type)).line("%s", Prelude.TENSOR_CORES)
                .define("GATES", cell.gates()).define("HIDDEN", hidden()).define("BATCH", batch()).define("STEPS", steps())
                .define("DIRECTIONS", directions())
                .define("BACKWARD", cell.form().direction() == Recurrent.Direction.REVERSE ? 1 : 0)
                .define("KGROUPS", shares).define("NB", rows / 8).define("CLUSTER", cluster).define("K_TILES", tiles())
                .define("STATE_AT(d, b)", batchFirst ? "(((long long) (b) * DIRECTIONS + (d)) * HIDDEN)"
                        : "(((long long) (d) * BATCH + (b)) * HIDDEN)")
                .define("GATES_ROW(s, b)", batchFirst ? "((long long) (b) * STEPS + (s))" : "((long long) (s) * BATCH + (b))")
                .define("RESULT_AT(s, d, b)", batchFirst ? "((((long long) (b) * STEPS + (s)) * DIRECTIONS + (d)) * HIDDEN)"
                        : "((((long long) (s) * DIRECTIONS + (d)) * BATCH + (b)) * HIDDEN)")
                .define("CELL", cellText()).line("%s", Prelude.resource("recurrent_cluster.cu"));
        List<Argument> arguments = new ArrayList<>();
        for (int i = 0; i < 3; i++) {
            arguments.add(layer.hasOutput(i) ? Argument.output(i) : Argument.constant(0));
        }
        arguments.add(Argument.input(0));
        for (int i : new int[] {2, 3, 7, 4, 5, 6}) {
            arguments.add(layer.hasInput(i) ? Argument.input(i) : Argument.constant(0));
        }
        long states = 2L * rows * (tiles() * TILE + 8) * type.bytes();
        long parts = WARPS * (rows / 4) * 32L * 4 * Float.BYTES;
        return new KernelCall("recurrent_cluster", text.toString(), cluster * directions() * Sizes.ceilDiv(batch(), rows), 1, 1,
                WARPS * 32, Math.toIntExact(states + parts), arguments);
    }

    private String cellText() {
        String first = cell.text(0);
        return directions() == 1 || first.equals(cell.text(1)) ? first
                : String.format(Locale.ROOT, "if (direction == 0) { %s } else { %s }", first, cell.text(1));
    }
}
