/** Layers that take one value from each window of an image. */
package org.caffe4j.layer.pooling;
