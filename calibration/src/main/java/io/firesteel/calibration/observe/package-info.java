/** Runs a plan over sample rows and keeps histograms of its activations. Free of Spark. */
package io.firesteel.calibration.observe;
