/** Which rows calibration looks at: those with the smallest content hashes, whatever their order and division. Free of Spark. */
package io.firesteel.calibration.sample;
