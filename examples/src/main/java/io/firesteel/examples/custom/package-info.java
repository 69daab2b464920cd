/**
 * An operator of one's own, as it would be in a jar of one's own: the operator, how it is evaluated and how it is read from
 * ONNX. The files below {@code META-INF/services} make them known.
 */
package io.firesteel.examples.custom;
