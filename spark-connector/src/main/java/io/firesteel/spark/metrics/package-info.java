/** The SQL metrics of model inference. */
package io.firesteel.spark.metrics;
