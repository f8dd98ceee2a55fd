package org.caffe4j.filler;

import java.nio.FloatBuffer;
import org.caffe4j.Blob;
import org.caffe4j.MersenneTwister;
import org.caffe4j.NativeErrors;
import org.caffe4j.natives.Native;

/** Values of U(0,1), each row (one index of the first axis) divided by its sum. */
record PositiveUnitballFiller() implements Filler {

    @Override
    public void drawOnGpu(Blob blob, MersenneTwister rng) {
        long rows = FillerShapes.outputs(blob.shape(), "positive_unitball");
        NativeErrors.run(() -> Native.fill_positive_unitball(blob.data().handle(), rows, rng.nextLong()));
    }

    @Override
    public void fill(FloatBuffer out, long[] shape, MersenneTwister rng) {
        long rows = FillerShapes.outputs(shape, "positive_unitball");
        int width = (int) (FillerShapes.count(shape) / rows);
        int start = out.position();
        new UniformFiller(0, 1).fill(out, shape, rng);
        for (long r = 0; r < rows; r++, start += width) {
            float sum = 0;
            for (int i = start; i < start + width; i++) {
                sum += out.get(i);
            }
            for (int i = start; i < start + width; i++) {
                out.put(i, out.get(i) / sum);
            }
        }
    }
}
