/** The command line. Subcommands of other modules join through {@link java.util.ServiceLoader}. */
package io.firesteel.cli;
