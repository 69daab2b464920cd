/** The result of a calibration: thresholds and histograms by tensor, as a record and as a file. Free of Spark. */
package io.firesteel.calibration.table;
