package org.caffe4j.filler;

import java.nio.FloatBuffer;
import org.caffe4j.MersenneTwister;
import org.caffe4j.NetDefinitionException;

/**
 * Normally distributed values. With {@code sparse} ≥ 0 each value is kept with probability sparse / (first dimension) and is zero
 * otherwise, so that an output has about {@code sparse} non-zero inputs if the weight is square.
 */
record GaussianFiller(float mean, float std, int sparse) implements Filler {

    GaussianFiller {
        if (!(std > 0)) {
            throw new NetDefinitionException("filler gaussian needs std > 0, but std is " + std + "; use constant for equal values");
        }
        if (sparse < -1) {
            throw new NetDefinitionException("filler gaussian needs sparse >= 0 (or -1 for dense values), but sparse is " + sparse);
        }
    }

    @Override
    public void fill(FloatBuffer out, long[] shape, MersenneTwister rng) {
        long count = FillerShapes.count(shape);
        int start = out.position();
        for (long i = 0; i < count; i++) {
            out.put((float) (mean + std * rng.nextGaussian()));
        }
        if (sparse >= 0) {
            thin(out, start, (int) count, sparse / (float) FillerShapes.outputs(shape, "gaussian"), rng);
        }
    }

    private void thin(FloatBuffer out, int start, int count, float kept, MersenneTwister rng) {
        if (kept > 1) {
            throw new NetDefinitionException("filler gaussian keeps sparse / outputs of its weights, so sparse must not exceed the "
                + "outputs, but sparse is " + sparse + " and " + sparse + " / outputs = " + kept);
        }
        float limit = kept * 4294967295f;
        for (int i = start; i < start + count; i++) {
            boolean keep = kept > 0 && rng.nextUnsigned() <= limit;
            if (!keep) {
                out.put(i, 0f);
            }
        }
    }
}
