/** The device-dependent passes: placement, layout, precision, concat elimination and memory offsets turn a graph into steps. */
package io.firesteel.lowering;
