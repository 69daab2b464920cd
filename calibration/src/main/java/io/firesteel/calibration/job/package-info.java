/** Calibration as a Spark aggregation: the job, the catalog's procedures and table, and the main class. */
package io.firesteel.calibration.job;
