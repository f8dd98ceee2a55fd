/** Losses, which end in one number whose gradient trains a net, and measures of its answers. */
package org.caffe4j.layer.loss;
