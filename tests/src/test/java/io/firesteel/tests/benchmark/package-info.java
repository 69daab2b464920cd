/** Measures Firesteel against ONNX Runtime in one process; run by {@code tests/peer-benchmark}, not by the build. */
package io.firesteel.tests.benchmark;
