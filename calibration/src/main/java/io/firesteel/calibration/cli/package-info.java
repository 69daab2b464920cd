/** {@code firesteel calibrate}, {@code quantize} and {@code equalize}. */
package io.firesteel.calibration.cli;
