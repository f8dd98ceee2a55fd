package org.caffe4j.filler;

import java.nio.FloatBuffer;
import org.caffe4j.Blob;
import org.caffe4j.MersenneTwister;
import org.caffe4j.proto.FillerParameter.VarianceNorm;

/** U(−a, a) with a = sqrt(3 / n); Glorot and Bengio, "Understanding the difficulty of training deep feedforward neural networks". */
record XavierFiller(VarianceNorm norm) implements Filler {

    @Override
    public void fill(FloatBuffer out, long[] shape, MersenneTwister rng) {
        of(shape).fill(out, shape, rng);
    }

    @Override
    public void drawOnGpu(Blob blob, MersenneTwister rng) {
        of(blob.shape()).drawOnGpu(blob, rng);
    }

    private Filler of(long[] shape) {
        float a = (float) Math.sqrt(3f / FillerShapes.fan(shape, norm, "xavier"));
        return new UniformFiller(-a, a);
    }
}
