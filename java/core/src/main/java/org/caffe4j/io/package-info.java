/**
 * Files: prototxt, {@code .caffemodel} and {@code .solverstate} in both formats, {@code .binaryproto}, HDF5, NumPy arrays and images. Readers
 * say of a wrong file what it is, and where it is damaged; whatever is written appears whole or not at all.
 */
package org.caffe4j.io;
