/**
 * Caffe's nets in Java. {@link org.caffe4j.Net} is a net with its layers and {@link org.caffe4j.Blob}s, made in a
 * {@link org.caffe4j.Context}: a device, a number of threads and a random generator. {@link org.caffe4j.NetPool} serves an optimised net to many
 * threads. Training is in {@link org.caffe4j.solver}, classification of images in {@link org.caffe4j.classify}, files in
 * {@link org.caffe4j.io}.
 *
 * <p><b>Ownership.</b> A context outlives what is made in it; a net or solver owns its layers and blobs. Whatever owns native memory is
 * {@link java.lang.AutoCloseable}, may be closed twice, and waits for a running call. What is never closed is freed by a cleaner, with a
 * warning; {@code -Dcaffe4j.leaks=trace} shows where it was made.
 *
 * <p><b>Threads.</b> Nothing is bound to a thread. A net or solver serves one caller at a time, and so does a context; a second one gets an
 * {@link java.lang.IllegalStateException}.
 *
 * <p><b>Errors.</b> Everything that Caffe ends the process for is a {@link org.caffe4j.CaffeException}, unchecked, of the subclass that tells
 * what is wrong: the definition, shapes, a file of weights, data, the device or its memory. The message says what, where and what to do. Misuse
 * of the library is an {@link java.lang.IllegalArgumentException} or {@link java.lang.IllegalStateException}.
 */
package org.caffe4j;
