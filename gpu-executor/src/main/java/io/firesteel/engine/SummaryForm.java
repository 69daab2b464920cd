package io.firesteel.engine;

/**
 * How an observer wants a value summarized by a device that can.
 *
 * @param bins of the histogram, a power of two
 * @param stride every how many of the elements of a block are counted in the bins
 */
public record SummaryForm(int bins, int stride) { }
