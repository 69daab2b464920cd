/** {@code spark.read.format("firesteel")}: a model's tables by path. */
package io.firesteel.spark.source;
