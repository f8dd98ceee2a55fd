package org.caffe4j.tools.demo;

import org.caffe4j.io.Image;

/**
 * A handwritten digit.
 *
 * @param image grey, light strokes on a dark ground
 * @param label 0 to 9
 */
public record Digit(Image image, int label) {}
