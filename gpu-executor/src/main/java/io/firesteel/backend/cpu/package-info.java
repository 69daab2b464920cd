/**
 * The CPU backend: layers become oneDNN primitives, what oneDNN cannot express fast becomes kernels of our own, and what
 * neither computes is refused with a reason.
 */
package io.firesteel.backend.cpu;
