/**
 * Winograd's minimal filtering F(4x4, 3x3) (Lavin and Gray, "Fast Algorithms for Convolutional Neural Networks", 2015) on
 * blocked channels: the JDK's Vector API transforms tiles, oneDNN multiplies the 36 matrices.
 */
package io.firesteel.backend.cpu.winograd;
