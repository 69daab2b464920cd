/**
 * Spark's columns and rows to tensors and back: the only place where values are copied.
 *
 * <p>Memory is Arrow's: staging buffers belong to the task that made them, result vectors to the batch that carries them.
 */
package io.firesteel.spark.columnar;
