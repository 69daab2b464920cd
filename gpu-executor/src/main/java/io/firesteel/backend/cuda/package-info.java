/** NVIDIA GPUs as devices: the provider, its backend, and the seam by which families of layers join it. */
package io.firesteel.backend.cuda;
