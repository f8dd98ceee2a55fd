/** Layers that change shapes or move, choose and combine whole blobs: Concat, Slice, Split, Reshape, Eltwise, Reduction and the like. */
package org.caffe4j.layer.shape;
