package io.firesteel.cli;

import java.util.concurrent.Callable;

/**
 * A subcommand of {@code firesteel}: a class with picocli's {@code @Command}, found through {@link java.util.ServiceLoader}.
 * {@link #call} returns the exit status, 0 for success; an exception becomes one line on standard error and status 1.
 */
public interface Subcommand extends Callable<Integer> { }
