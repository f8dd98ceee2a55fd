/** Where training data come from: databases, decoding, transformation (crop, mean, scale, mirror) and prefetching. */
package org.caffe4j.data;
