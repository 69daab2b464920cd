/** Matrix products through cuBLAS. */
package io.firesteel.backend.cuda.blas;
