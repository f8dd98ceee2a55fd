package org.caffe4j.layer;

import org.caffe4j.Blob;
import org.caffe4j.natives.EpilogueHandle;

/** A layer that computes, in the pass over its result that adds the bias, what an optimised net has fused behind it. */
public interface FusingLayer {
    /**
     * As {@link Layer#forward} over one bottom, for shapes that were set.
     *
     * @param bias a number for each channel, which takes the place of the layer's own; null for none
     * @param epilogue what is done to the result; null for nothing
     */
    void forward(Blob bottom, Blob bias, Blob top, EpilogueHandle epilogue);
}
