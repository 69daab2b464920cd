/** Main classes for {@code spark-submit}. */
package io.firesteel.spark.jobs;
