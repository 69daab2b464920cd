package io.firesteel.calibration.cli;

import io.firesteel.FiresteelException;
import io.firesteel.backend.Backends;
import io.firesteel.calibration.cache.CacheHeader;
import io.firesteel.calibration.cache.CalibrationCache;
import io.firesteel.calibration.job.CalibrationJob;
import io.firesteel.calibration.observe.ObserveOptions;
import io.firesteel.calibration.store.CalibrationFolder;
import io.firesteel.calibration.store.CalibrationRequest;
import io.firesteel.calibration.store.ImportedCache;
import io.firesteel.calibration.table.CalibrationTable;
import io.firesteel.cli.Json;
import io.firesteel.cli.Subcommand;
import io.firesteel.engine.Engine;
import io.firesteel.engine.EngineOptions;
import io.firesteel.plan.ModelFolder;
import io.firesteel.plan.Plan;
import io.firesteel.plan.PlanReader;
import io.firesteel.plan.Precision;
import io.firesteel.quant.Quantizer;
import java.io.PrintWriter;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Consumer;
import org.apache.hadoop.conf.Configuration;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** {@code firesteel calibrate MODEL --data FILE.npy | --data PARQUET}. */
@Command(name = "calibrate", description = "Finds the int8 range of every activation on a sample of rows.", mixinStandardHelpOptions = true)
public final class CalibrateCommand implements Subcommand {

    @Parameters(paramLabel = "MODEL", description = "a plan file or a model's folder")
    private Path model;

    @Option(names = "--data", description = "FILE.npy, or NAME=FILE.npy for each of several inputs, or a Parquet file or folder")
    private List<String> data = List.of();

    @Option(names = "--columns", split = ",", description = "Parquet columns that are the inputs (default: all)")
    private List<String> columns = List.of();

    @Option(names = "--stratify", description = "Parquet column of whose values the sample has equally many rows")
    private String stratify;

    @Option(names = "--rows", defaultValue = "" + CalibrationRequest.DEFAULT_ROWS, description = "rows of the sample (default: ${DEFAULT-VALUE})")
    private int rows;

    @Option(names = "--method", defaultValue = CalibrationRequest.DEFAULT_METHOD,
            description = "min-max, percentile, mse, entropy or auto (default: ${DEFAULT-VALUE})")
    private String method;

    @Option(names = "--percentile", defaultValue = "" + CalibrationRequest.DEFAULT_PERCENTILE, description = "of the method percentile, from 50 to 100 (default: ${DEFAULT-VALUE})")
    private double percentile;

    @Option(names = "--max-clipped", defaultValue = "" + CalibrationRequest.DEFAULT_MOST_CLIPPED,
            description = "share of a tensor's elements that may be clipped without a warning (default: ${DEFAULT-VALUE})")
    private double mostClipped;

    @Option(names = "--batch", defaultValue = "8", description = "rows computed at once (default: ${DEFAULT-VALUE})")
    private int batch;

    @Option(names = "--device", defaultValue = "auto", description = "auto, cpu, cuda, cuda:N or reference (default: ${DEFAULT-VALUE})")
    private String device;

    @Option(names = "--import-cache", description = "a TensorRT calibration cache to take instead of data")
    private Path imported;

    @Option(names = "--export-cache", description = "write the calibration as a TensorRT calibration cache")
    private Path exported;

    @Option(names = "--cache-header", defaultValue = "TRT-8601-EntropyCalibration2", description = "its first line (default: ${DEFAULT-VALUE})")
    private String header;

    @Option(names = "--json", description = "Print one JSON object.")
    private boolean json;

    @Spec
    private CommandSpec spec;

    @Override
    public Integer call() {
        Path file = ModelFolder.resolve(model);
        Plan plan = PlanReader.read(file);
        Quantizer.requireRealNumbers(plan);
        requireOneSource();
        if (exported != null) {
            CalibrationCache.requireOriginal(plan);
        }
        CacheHeader firstLine = CacheHeader.parse(header);
        CalibrationFolder folder = CalibrationFolder.of(new org.apache.hadoop.fs.Path(file.toUri()).toString(), new Configuration());
        PrintWriter err = spec.commandLine().getErr();
        Map<String, Object> result = new LinkedHashMap<>();
        CalibrationTable table;
        List<String> warnings;
        if (imported != null) {
            ImportedCache cache = ImportedCache.of(CalibrationCache.read(imported), plan);
            table = cache.table();
            folder.write(table);
            warnings = cache.warnings();
        } else if (data.isEmpty() && exported != null) {
            table = folder.table(plan.hash()).orElseThrow(() -> FiresteelException.user("NOT_CALIBRATED",
                    "'" + model + "' has no calibration: give --data"));
            warnings = List.of();
        } else {
            CalibrationRequest request = new CalibrationRequest(rows, method, percentile, mostClipped, new ObserveOptions(batch,
                    ObserveOptions.DEFAULT.bins(), ObserveOptions.DEFAULT.stride(), ObserveOptions.DEFAULT.strideFrom()));
            table = calibrate(plan, file, folder, request, result, err::println);
            warnings = request.warnings(table);
        }
        if (exported != null) {
            CalibrationCache.ofThresholds(firstLine, table.thresholds()).write(exported);
        }
        report(table, warnings, folder.uri(), result);
        return 0;
    }

    private void requireOneSource() {
        if (imported != null && !data.isEmpty()) {
            throw FiresteelException.user("ARGUMENT_UNKNOWN", "--import-cache takes a calibration as it is, --data makes one: give one of"
                    + " the two");
        }
        if (areTensors(data) && !(columns.isEmpty() && stratify == null)) {
            throw FiresteelException.user("ARGUMENT_UNKNOWN", "--columns and --stratify are about Parquet columns, --data names .npy files:"
                    + " give a Parquet file or folder");
        }
    }

    /** Whether rows were given by .npy files. */
    static boolean areTensors(List<String> data) {
        return !data.isEmpty() && data.stream().allMatch(one -> one.endsWith(".npy"));
    }

    private CalibrationTable calibrate(Plan plan, Path file, CalibrationFolder folder, CalibrationRequest request,
            Map<String, Object> result, Consumer<String> progress) {
        if (data.isEmpty()) {
            throw FiresteelException.user("ARGUMENT_MISSING", "give --data FILE.npy, --data PARQUET or --import-cache FILE");
        }
        if (areTensors(data)) {
            EngineOptions options = EngineOptions.defaults().withPrecision(Precision.FP32);
            try (Engine engine = Engine.open(plan, Backends.device(device), options)) {
                TensorRows.Result done = new TensorRows(engine, TensorRows.files(plan.signature(), data, "--data")).calibrate(folder, request, device, progress);
                result.put("chunks", done.chunks());
                result.put("reused", done.reused());
                return done.table();
            }
        }
        try (ParquetRows parquet = new ParquetRows("calibrate", "--data", data, device)) {
            CalibrationJob.Result done = new CalibrationJob(parquet.session(), parquet.model(file).spec(), parquet.hadoop(), request, progress)
                    .run(parquet.select(columns, Optional.ofNullable(stratify)), stratify);
            result.put("chunks", done.chunks());
            result.put("reused", done.reused());
            return done.table();
        }
    }

    private void report(CalibrationTable table, List<String> warnings, String uri, Map<String, Object> result) {
        PrintWriter out = spec.commandLine().getOut();
        result.put("calibration", uri);
        result.put("rows", table.histograms().rows());
        result.put("method", table.method());
        result.put("warnings", warnings);
        Map<String, Object> tensors = new LinkedHashMap<>();
        table.tensors().forEach((name, tensor) -> tensors.put(name, tensor.chosen().value()));
        result.put("thresholds", tensors);
        if (json) {
            out.println(Json.write(result));
            return;
        }
        out.println(uri + ": " + table.tensors().size() + " tensors, " + table.histograms().rows() + " rows, method " + table.method());
        warnings.forEach(warning -> out.println("warning: " + warning));
        if (exported != null) {
            out.println(exported + ": written");
        }
    }
}
