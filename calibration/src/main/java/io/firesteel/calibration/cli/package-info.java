/** {@code firesteel calibrate}. */
package io.firesteel.calibration.cli;
