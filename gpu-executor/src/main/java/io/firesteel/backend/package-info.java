/**
 * What a device must offer so that plans run on it: providers find devices, a backend offers tactics for layers, a tactic
 * becomes a kernel shared by all sessions, and a kernel is bound to one session's memory as a launch.
 */
package io.firesteel.backend;
