/**
 * oneDNN primitives over native memory addresses: descriptors of memory, post-operations, primitives that all sessions share,
 * and executions that one session binds to its own addresses. Nothing here knows of graphs or plans.
 */
package io.firesteel.backend.cpu.onednn;
