/** Images in, class probabilities out: a classifier over a net, with the preprocessing that the net was trained with. */
package org.caffe4j.classify;
