/**
 * What a layer is: {@link org.caffe4j.layer.Layer}, which one's own layers extend, and {@link org.caffe4j.layer.LayerFactory}, which registers
 * a type. Caffe's layer types are in the packages below, by what they do; {@code docs/layers.md} lists them.
 */
package org.caffe4j.layer;
