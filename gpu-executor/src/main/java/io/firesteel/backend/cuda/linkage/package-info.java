/**
 * Makes JCuda's published native libraries fit the CUDA and cuDNN libraries of the machine: finds those, adapts the names of
 * dependencies in copies of JCuda's files, and loads the copies.
 */
package io.firesteel.backend.cuda.linkage;
