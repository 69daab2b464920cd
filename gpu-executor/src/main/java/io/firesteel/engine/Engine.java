package io.firesteel.engine;

import io.firesteel.FiresteelException;
import io.firesteel.backend.Backend;
import io.firesteel.backend.Backends;
import io.firesteel.backend.Device;
import io.firesteel.backend.Memory;
import io.firesteel.backend.Stream;
import io.firesteel.lowering.Operand;
import io.firesteel.lowering.Program;
import io.firesteel.memory.Scope;
import io.firesteel.plan.Plan;
import io.firesteel.plan.Precision;
import io.firesteel.plan.Signature;
import io.firesteel.tensor.HostValue;
import io.firesteel.tensor.Tensor;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.Function;

/**
 * A plan on one device: programs for its batch buckets, prepared when first used, and a pool of sessions. Immutable to its
 * users and safe for any number of threads; results do not depend on how many there are.
 */
public final class Engine implements AutoCloseable {

    private static final int DEVICE_SESSIONS = 2;
    private static final long DEVICE_ARENA_FACTOR = 16;

    private record Observed(int rows, List<String> values) { }

    private final Plan plan;
    private final Signature signature;
    private final Backend backend;
    private final EngineOptions options;
    private final Precision precision;
    private final RowShape rows;
    private final Scope scope;
    private final Programs programs;
    private final SessionPool sessions;
    private final DeviceHealth health;
    private final HostBuffers hostBuffers;
    private final Buckets buckets;
    private final Map<Observed, Observation> observations = new ConcurrentHashMap<>();

    Engine(Plan plan, Backend backend, EngineOptions options) {
        this.plan = plan;
        this.signature = plan.signature();
        this.backend = backend;
        this.options = options;
        this.precision = backend.precision(options.precision() == null ? plan.precision() : options.precision());
        this.rows = RowShape.of(signature, options.sizes());
        this.health = new DeviceHealth(backend);
        this.scope = Scope.root("engine of " + plan.name());
        this.hostBuffers = new HostBuffers(backend, scope);
        this.programs = new Programs(plan, backend, precision, options.tactics(), scope);
        this.buckets = rows.symbol() == null ? new Buckets(List.of(rows.fixedRows()), Long.MAX_VALUE, bucket -> 0)
                : new Buckets(options.buckets(), options.arenaLimitBytes() * (onHost() ? 1 : DEVICE_ARENA_FACTOR),
                        bucket -> onHost() ? bucket(bucket).program().arenaBytes() : programs.estimatedArenaBytes(sizes(bucket)));
        this.sessions = new SessionPool(backend, scope, onHost() ? options.sessions() : Math.min(options.sessions(), DEVICE_SESSIONS));
    }

    /** Makes an engine; programs are made when they are first needed. */
    public static Engine open(Plan plan, Device device, EngineOptions options) {
        return new Engine(plan, Backends.open(device), options);
    }

    /** The plan. */
    public Plan plan() {
        return plan;
    }

    /** What the plan takes and gives. */
    public Signature signature() {
        return signature;
    }

    /** Where it runs. */
    public Device device() {
        return backend.device();
    }

    /** The lowest precision it computes in. */
    public Precision precision() {
        return precision;
    }

    /** Bytes of one row of input {@code index}. */
    public long inputRowBytes(int index) {
        requireRows();
        return rows.inputBytes().get(index);
    }

    /** Bytes of one row of output {@code index}. */
    public long outputRowBytes(int index) {
        requireRows();
        return rows.outputBytes().get(index);
    }

    /**
     * Allocates host memory that this engine's device copies from and to fastest, for the buffers of {@link #run}; the caller closes it
     * after the last run with it.
     */
    public Memory allocateHost(long bytes) {
        return backend.allocateHost(bytes);
    }

    /** As {@link #allocateHost}, of memory that the engine keeps for the next borrower when it is closed. */
    public Memory borrowHost(long bytes) {
        return hostBuffers.borrow(bytes);
    }

    /** Bytes a nanosecond that the device copies within its memory, as it was timed; 0 where tactics are not timed. */
    public double copyBytesPerNano() {
        return programs.copyBytesPerNano();
    }

    /** Device memory taken by prepared constants. */
    public long constantBytes() {
        return programs.constantBytes();
    }

    /** Rows one run takes: a bucket's, or those of a model of fixed size; ascending. */
    public List<Integer> buckets() {
        requireRows();
        return buckets.sizes();
    }

    Backend backend() {
        return backend;
    }

    private boolean onHost() {
        return backend.device().hostMemory();
    }

    /** The program of a bucket, lowered and with its kernels made; for listings. */
    public Program program(int bucketRows) {
        return bucket(bucketRows).program();
    }

    /** Names of the implementations of a bucket's steps, in order. */
    public List<String> implementations(int bucketRows) {
        return bucket(bucketRows).implementations();
    }

    /** Bytes of kernel scratch memory a session needs for a bucket, beside the arena. */
    public long scratchBytes(int bucketRows) {
        return bucket(bucketRows).scratchBytes();
    }

    PreparedProgram bucket(int bucketRows) {
        requireRows();
        return prepared(sizes(bucketRows), false);
    }

    private Map<String, Long> sizes(int bucketRows) {
        Map<String, Long> sizes = new HashMap<>(options.sizes());
        if (rows.symbol() != null) {
            sizes.put(rows.symbol(), (long) bucketRows);
        }
        return sizes;
    }

    private PreparedProgram prepared(Map<String, Long> sizes, boolean observed) {
        try {
            return programs.of(sizes, observed);
        } catch (FiresteelException e) {
            throw health.diagnosed(e);
        }
    }

    private void requireRows() {
        if (rows.problem() != null) {
            throw FiresteelException.user("NOT_ROW_WISE", "model '" + plan.name() + "' cannot be run row by row: " + rows.problem()
                    + "; give the sizes of other symbolic dimensions when the model is built");
        }
    }

    /**
     * Chooses and makes the kernels that a run of {@code count} rows needs, which that run would do otherwise; on a device whose tactics are
     * not known yet that takes long. Threads that need the same ones wait for one of them.
     */
    public void prepare(int count) {
        requireRows();
        for (int done = 0; done < count;) {
            int bucket = buckets.next(count - done);
            bucket(bucket);
            done += bucket;
        }
    }

    /**
     * Computes rows. The buffers' positions and limits stay as they are; results are written from the outputs' positions.
     *
     * @param count how many rows; split over buckets as needed, the last one padded
     * @param inputs a direct buffer for each input, little endian, {@code count} rows from its position
     * @param outputs a direct buffer for each output, with room for {@code count} rows from its position
     */
    public void run(int count, ByteBuffer[] inputs, ByteBuffer[] outputs) {
        requireRows();
        RowShape.requireBuffers("input", count, inputs, rows.inputBytes(), signature.inputs());
        RowShape.requireBuffers("output", count, outputs, rows.outputBytes(), signature.outputs());
        if (count == 0) {
            return;
        }
        Session session = sessions.borrow();
        try {
            for (int done = 0; done < count;) {
                int bucket = buckets.next(count - done);
                int taken = Math.min(bucket, count - done);
                try {
                    runBucket(session, bucket(bucket), bucket, done, taken, inputs, outputs);
                    done += taken;
                } catch (FiresteelException e) {
                    buckets.keepBelow(bucket, health.diagnosed(e));
                }
            }
        } finally {
            sessions.giveBack(session);
        }
    }

    private void runBucket(Session session, PreparedProgram prepared, int bucket, int from, int taken, ByteBuffer[] inputs,
            ByteBuffer[] outputs) {
        BoundProgram program = session.bind(prepared);
        Stream stream = session.stream();
        copyIn(stream, program, prepared, bucket, from, taken, inputs);
        program.run();
        for (int i = 0; i < outputs.length; i++) {
            Operand place = prepared.program().outputs().get(i);
            ByteBuffer target = RowShape.part(outputs[i], rows.outputBytes().get(i), from, taken);
            if (place instanceof Operand.InHost host) {
                stream.synchronize();
                copyHost((Tensor) program.slot(host.slot()), target, signature.outputs().get(i), bucket);
            } else {
                stream.copyOut(program.address(place), target);
            }
        }
        stream.synchronize();
        program.clear();
    }

    void copyIn(Stream stream, BoundProgram program, PreparedProgram prepared, int bucket, int from, int taken, ByteBuffer[] inputs) {
        for (int i = 0; i < inputs.length; i++) {
            if (prepared.program().inputs().get(i) instanceof Operand.InArena place) {
                long bytes = rows.inputBytes().get(i);
                long address = program.address(place);
                stream.copyIn(RowShape.part(inputs[i], bytes, from, taken), address);
                if (taken < bucket) {
                    stream.clear(address + bytes * taken, bytes * (bucket - taken));
                }
            }
        }
    }

    /**
     * Prepares to run the plan with chosen values observed, for calibration.
     *
     * @param batchRows rows of every batch; a model of fixed size keeps its own
     * @param values names of values of the plan's graph
     * @throws FiresteelException where the engine does not compute in fp32, or the model not row by row
     */
    public Observation observation(int batchRows, List<String> values) {
        requireRows();
        if (precision != Precision.FP32) {
            throw FiresteelException.user("PRECISION_NOT_PERMITTED", "activations of '" + plan.name() + "' are observed in fp32, not in "
                    + precision.label());
        }
        int bucket = rows.symbol() == null ? rows.fixedRows() : batchRows;
        return observations.computeIfAbsent(new Observed(bucket, List.copyOf(values)),
                observed -> new Observation(this, prepared(sizes(bucket), true), bucket, rows.symbol(), observed.values()));
    }

    <T> T withSession(ByteBuffer[] inputs, int count, Function<Session, T> use) {
        RowShape.requireBuffers("input", count, inputs, rows.inputBytes(), signature.inputs());
        Session session = sessions.borrow();
        try {
            return use.apply(session);
        } finally {
            sessions.giveBack(session);
        }
    }

    private void copyHost(Tensor value, ByteBuffer target, Signature.Port port, int bucket) {
        if (value.byteSize() < target.remaining() || value.rank() == 0 || value.size(0) % bucket != 0) {
            throw FiresteelException.user("NOT_ROW_WISE", "output " + port + " has shape " + value.type() + " for " + bucket + " rows");
        }
        target.put(value.buffer().limit(target.remaining()));
    }

    /**
     * Computes whole values of any shape the signature allows; programs are made for each combination of sizes.
     *
     * @param inputs one for each input
     * @return one for each output
     */
    public List<HostValue> evaluate(List<HostValue> inputs) {
        Map<String, Long> sizes = InputSizes.of(signature, inputs);
        PreparedProgram prepared = prepared(sizes, false);
        Session session = sessions.borrow();
        try {
            BoundProgram program = session.bind(prepared);
            Transfers transfers = new Transfers(session.stream(), device().hostMemory());
            for (int i = 0; i < inputs.size(); i++) {
                Operand place = prepared.program().inputs().get(i);
                if (place instanceof Operand.InHost host) {
                    program.setSlot(host.slot(), inputs.get(i));
                } else {
                    transfers.write((Tensor) inputs.get(i), program.address(place));
                }
            }
            program.run();
            session.stream().synchronize();
            List<HostValue> results = new ArrayList<>();
            for (Operand place : prepared.program().outputs()) {
                results.add(program.value(place, transfers));
            }
            program.clear();
            return results;
        } catch (FiresteelException e) {
            throw health.diagnosed(e);
        } finally {
            sessions.giveBack(session);
        }
    }

    /**
     * Runs a bucket step by step on zeros, for finding slow steps.
     *
     * @param repetitions how often
     * @return nanoseconds each step took on average, in the order of {@link #program}
     */
    public long[] timeSteps(int bucketRows, int repetitions) {
        PreparedProgram prepared = bucket(bucketRows);
        long[] nanos = new long[prepared.program().steps().size()];
        Session session = sessions.borrow();
        try {
            BoundProgram program = session.bind(prepared);
            for (int i = 0; i < repetitions; i++) {
                for (int input = 0; input < rows.inputBytes().size(); input++) {
                    if (prepared.program().inputs().get(input) instanceof Operand.InArena place) {
                        session.stream().clear(program.address(place), rows.inputBytes().get(input) * bucketRows);
                    }
                }
                program.runTimed(nanos);
            }
            program.clear();
        } finally {
            sessions.giveBack(session);
        }
        for (int i = 0; i < nanos.length; i++) {
            nanos[i] /= repetitions;
        }
        return nanos;
    }

    /** The operators of steps that are evaluated on the host, of all programs made so far. */
    public Set<String> hostOperators() {
        return programs.hostOperators();
    }

    /** Seconds that timing tactics on the device took. */
    public double tuningSeconds() {
        return programs.tuningSeconds();
    }

    /**
     * Runs a bucket again and again on rows that lie in device memory, without copies to and from the host.
     *
     * @param inputs a direct buffer for each input with the bucket's rows
     * @param warmUpSeconds how long it runs before anything is measured
     * @param windows how many measurements
     * @param seconds the length of each
     * @return nanoseconds of one run, for each window
     */
    public double[] timeRuns(int bucketRows, ByteBuffer[] inputs, double warmUpSeconds, int windows, double seconds) {
        PreparedProgram prepared = bucket(bucketRows);
        RowShape.requireBuffers("input", bucketRows, inputs, rows.inputBytes(), signature.inputs());
        Session session = sessions.borrow();
        try {
            try (ResidentRuns runs = new ResidentRuns(backend, session, prepared, inputs)) {
                return runs.time(warmUpSeconds, windows, seconds);
            }
        } finally {
            sessions.giveBack(session);
        }
    }

    /** How many sessions were made. */
    public int sessionsMade() {
        return sessions.made();
    }

    @Override
    public void close() {
        sessions.close();
        scope.close();
    }
}
