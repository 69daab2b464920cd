/**
 * From the histogram of a tensor to the magnitude at which symmetric int8 saturates: the methods that choose it, and
 * what each choice clips and costs. Free of Spark.
 */
package io.firesteel.calibration.threshold;
