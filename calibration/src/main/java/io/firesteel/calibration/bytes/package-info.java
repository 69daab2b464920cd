/** Records with magic, version and checksum, in which calibration keeps what it has found. Free of Spark. */
package io.firesteel.calibration.bytes;
