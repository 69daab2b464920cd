/** Reductions over blocks of host memory, by the JDK's Vector API where it is on. */
package io.firesteel.backend.cpu.scan;
