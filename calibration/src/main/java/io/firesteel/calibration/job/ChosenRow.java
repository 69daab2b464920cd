package io.firesteel.calibration.job;

import io.firesteel.calibration.sample.ContentHash;

/**
 * A row of a sample.
 *
 * @param hash by which it was chosen
 * @param label the index of its class; 0 where none was asked for
 * @param inputs the model's inputs one after the other, row-major and little endian
 */
record ChosenRow(ContentHash hash, long label, byte[] inputs) { }
