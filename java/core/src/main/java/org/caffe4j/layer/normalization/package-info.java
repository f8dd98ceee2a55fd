/** Layers that bring values to a common scale: across channels, a batch, an image, or all classes of an item. */
package org.caffe4j.layer.normalization;
