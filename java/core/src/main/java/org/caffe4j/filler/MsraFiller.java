package org.caffe4j.filler;

import java.nio.FloatBuffer;
import org.caffe4j.Blob;
import org.caffe4j.MersenneTwister;
import org.caffe4j.proto.FillerParameter.VarianceNorm;

/** N(0, 2 / n); He et al., "Delving deep into rectifiers". */
record MsraFiller(VarianceNorm norm) implements Filler {

    @Override
    public void fill(FloatBuffer out, long[] shape, MersenneTwister rng) {
        of(shape).fill(out, shape, rng);
    }

    @Override
    public void drawOnGpu(Blob blob, MersenneTwister rng) {
        of(blob.shape()).drawOnGpu(blob, rng);
    }

    private Filler of(long[] shape) {
        float std = (float) Math.sqrt(2f / FillerShapes.fan(shape, norm, "msra"));
        return new GaussianFiller(0, std, -1);
    }
}
