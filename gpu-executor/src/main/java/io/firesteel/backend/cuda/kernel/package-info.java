/** Kernels of our own, generated as CUDA C++ for the sizes of each layer: one family of operators a class. */
package io.firesteel.backend.cuda.kernel;
