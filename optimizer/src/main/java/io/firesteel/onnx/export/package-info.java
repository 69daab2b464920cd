/** Writes plans as ONNX files, in the operators of quantized networks. */
package io.firesteel.onnx.export;
