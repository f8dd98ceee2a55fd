package org.caffe4j.filler;

import java.nio.FloatBuffer;
import org.caffe4j.Blob;
import org.caffe4j.MersenneTwister;
import org.caffe4j.NativeErrors;
import org.caffe4j.NetDefinitionException;
import org.caffe4j.natives.Native;

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
            thin(out, start, (int) count, kept(shape), rng);
        }
    }

    @Override
    public void drawOnGpu(Blob blob, MersenneTwister rng) {
        float kept = sparse < 0 ? 1 : kept(blob.shape());
        NativeErrors.run(() -> Native.fill_gaussian(blob.data().handle(), mean, std, kept, rng.nextLong()));
    }

    /** The probability with which {@code sparse} keeps a value. */
    private float kept(long[] shape) {
        float kept = sparse / (float) FillerShapes.outputs(shape, "gaussian");
        if (kept > 1) {
            throw new NetDefinitionException("filler gaussian keeps sparse / outputs of its weights, so sparse must not exceed the "
                + "outputs, but sparse is " + sparse + " and " + sparse + " / outputs = " + kept);
        }
        return kept;
    }

    private static void thin(FloatBuffer out, int start, int count, float kept, MersenneTwister rng) {
        float limit = kept * 4294967295f;
        for (int i = start; i < start + count; i++) {
            boolean keep = kept > 0 && rng.nextUnsigned() <= limit;
            if (!keep) {
                out.put(i, 0f);
            }
        }
    }
}
