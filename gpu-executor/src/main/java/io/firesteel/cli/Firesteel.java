package io.firesteel.cli;

import io.firesteel.FiresteelException;
import java.io.PrintWriter;
import java.util.Arrays;
import java.util.ServiceLoader;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.ScopeType;

/** The program {@code firesteel}. */
@Command(name = "firesteel", description = "Optimizes neural networks and runs them in batches.", mixinStandardHelpOptions = true,
        version = "firesteel 0.1.0", synopsisSubcommandLabel = "COMMAND")
public final class Firesteel implements Runnable {

    private static final int FAILURE = 1;
    private static final int USAGE = 2;

    @Option(names = "--stacktrace", description = "Show where an error came from.", scope = ScopeType.INHERIT)
    private boolean stacktrace;

    private Firesteel() { }

    /** Runs a command and ends the process with its exit status. */
    public static void main(String[] arguments) {
        int status = run(new PrintWriter(System.out, true), new PrintWriter(System.err, true), arguments);
        System.out.flush();
        System.exit(status);
    }

    /** Runs a command; results go to {@code out}, everything else to {@code err}. */
    public static int run(PrintWriter out, PrintWriter err, String... arguments) {
        Firesteel root = new Firesteel();
        CommandLine commandLine = new CommandLine(root);
        ServiceLoader.load(Subcommand.class).forEach(commandLine::addSubcommand);
        commandLine.setOut(out);
        commandLine.setErr(err);
        commandLine.setCaseInsensitiveEnumValuesAllowed(true);
        commandLine.setParameterExceptionHandler((e, a) -> {
            err.println("firesteel: " + oneLine(e.getMessage()) + "; see 'firesteel " + path(e.getCommandLine()) + "--help'");
            return USAGE;
        });
        commandLine.setExecutionExceptionHandler((e, c, parsed) -> {
            report(e, root.stacktrace || Arrays.asList(arguments).contains("--stacktrace"), err);
            return FAILURE;
        });
        try {
            return commandLine.execute(arguments);
        } catch (OutOfMemoryError | StackOverflowError e) {
            report(e, root.stacktrace, err);
            return FAILURE;
        }
    }

    private static String path(CommandLine command) {
        return command.getParent() == null ? "" : command.getCommandName() + " ";
    }

    private static void report(Throwable error, boolean stacktrace, PrintWriter err) {
        if (stacktrace) {
            error.printStackTrace(err);
        }
        err.println("firesteel: " + message(error));
    }

    private static String message(Throwable error) {
        if (error instanceof FiresteelException known) {
            return oneLine(known.getMessage()) + " [" + known.code() + "]";
        }
        if (error instanceof OutOfMemoryError) {
            return "the heap is too small: set FIRESTEEL_JAVA_OPTS=-Xmx...";
        }
        if (error instanceof StackOverflowError) {
            return "the model is nested too deeply";
        }
        return "internal error, please report it with --stacktrace: " + oneLine(error.toString());
    }

    private static String oneLine(String text) {
        return String.valueOf(text).replaceAll("\\s*[\\r\\n]+\\s*", " ").strip();
    }

    @Override
    public void run() {
        CommandLine.usage(this, System.out);
    }
}
