package org.caffe4j.filler;

import java.nio.FloatBuffer;
import org.caffe4j.Blob;
import org.caffe4j.MersenneTwister;
import org.caffe4j.NativeErrors;
import org.caffe4j.NetDefinitionException;
import org.caffe4j.natives.Native;

/** Values spread evenly over [min, max]. */
record UniformFiller(float min, float max) implements Filler {
    private static final float RANGE = 4294967296f;

    UniformFiller {
        if (!(min <= max)) {
            throw new NetDefinitionException("filler uniform needs min <= max, but min is " + min + " and max is " + max);
        }
    }

    @Override
    public void fill(FloatBuffer out, long[] shape, MersenneTwister rng) {
        float end = Math.nextUp(max);
        for (long i = FillerShapes.count(shape); i > 0; i--) {
            out.put(draw(rng, min, end));
        }
    }

    @Override
    public void drawOnGpu(Blob blob, MersenneTwister rng) {
        NativeErrors.run(() -> Native.fill_uniform(blob.data().handle(), min, max, rng.nextLong()));
    }

    /** In [min, end): a 32-bit draw scaled in single precision, drawn again where rounding reaches the end. */
    private static float draw(MersenneTwister rng, float min, float end) {
        while (true) {
            float value = rng.nextUnsigned() / RANGE * (end - min) + min;
            if (value < end) {
                return value;
            }
        }
    }
}
