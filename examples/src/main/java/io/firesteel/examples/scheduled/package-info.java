/** A job for a scheduler: scores one day's partition of a table, and is safe to run again. */
package io.firesteel.examples.scheduled;
