package org.caffe4j.filler;

import java.nio.FloatBuffer;
import org.caffe4j.Blob;
import org.caffe4j.MersenneTwister;

/** Every value is {@code value}. */
record ConstantFiller(float value) implements Filler {

    @Override
    public void fill(FloatBuffer out, long[] shape, MersenneTwister rng) {
        for (long i = FillerShapes.count(shape); i > 0; i--) {
            out.put(value);
        }
    }

    /** Memory that was never touched reads as zeros, so nothing need be written there. */
    @Override
    public void fill(Blob blob, MersenneTwister rng) {
        if (value != 0 || blob.data().bytes() > 0) {
            Filler.super.fill(blob, rng);
        }
    }

    @Override
    public boolean isConstant() {
        return true;
    }
}
