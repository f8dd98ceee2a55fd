/** Caffe's weight fillers: the initial values of learned blobs and of DummyData. */
package org.caffe4j.filler;
