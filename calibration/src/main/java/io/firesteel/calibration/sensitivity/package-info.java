/** What a layer's int8 costs in accuracy, and which layers to restore so that a bound on the loss holds. Free of Spark. */
package io.firesteel.calibration.sensitivity;
