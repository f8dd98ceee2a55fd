package org.caffe4j.filler;

import java.nio.FloatBuffer;
import org.caffe4j.MersenneTwister;

/** Every value is {@code value}. */
record ConstantFiller(float value) implements Filler {

    @Override
    public void fill(FloatBuffer out, long[] shape, MersenneTwister rng) {
        for (long i = FillerShapes.count(shape); i > 0; i--) {
            out.put(value);
        }
    }

    @Override
    public boolean isConstant() {
        return true;
    }
}
