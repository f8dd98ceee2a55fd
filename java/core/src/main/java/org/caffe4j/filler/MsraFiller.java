package org.caffe4j.filler;

import java.nio.FloatBuffer;
import org.caffe4j.MersenneTwister;
import org.caffe4j.proto.FillerParameter.VarianceNorm;

/** N(0, 2 / n); He et al., "Delving deep into rectifiers". */
record MsraFiller(VarianceNorm norm) implements Filler {

    @Override
    public void fill(FloatBuffer out, long[] shape, MersenneTwister rng) {
        float std = (float) Math.sqrt(2f / FillerShapes.fan(shape, norm, "msra"));
        new GaussianFiller(0, std, -1).fill(out, shape, rng);
    }
}
