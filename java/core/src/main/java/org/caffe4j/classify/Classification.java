package org.caffe4j.classify;

/**
 * One class of a prediction.
 *
 * @param index of the class in the net's output
 * @param label its line in the labels file, or the index where there are no labels
 * @param probability the net's output for it
 */
public record Classification(int index, String label, float probability) {
}
