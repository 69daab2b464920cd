/**
 * What calibration remembers of a tensor: a histogram of the magnitudes of its elements that merges exactly, whatever
 * the order and the grouping, and the table of such histograms that one pass over sample rows fills. Free of Spark.
 */
package io.firesteel.calibration.histogram;
