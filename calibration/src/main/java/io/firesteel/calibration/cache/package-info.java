/** Exchange of activation scales with TensorRT through its calibration cache files. Free of Spark. */
package io.firesteel.calibration.cache;
