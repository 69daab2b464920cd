/** What quantization needs to know of a network. */
package io.firesteel.quant;
