/**
 * The CUDA driver and the run-time compiler: one context a device, streams, memory, modules, launches with packed arguments, and
 * graphs. Every status is checked; every handle is closed by its owner.
 */
package io.firesteel.backend.cuda.driver;
