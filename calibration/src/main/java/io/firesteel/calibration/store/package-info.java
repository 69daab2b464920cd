/** Where calibrations lie: beside the plan file, on any Hadoop file system. */
package io.firesteel.calibration.store;
