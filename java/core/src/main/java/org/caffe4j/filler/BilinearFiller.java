package org.caffe4j.filler;

import java.nio.FloatBuffer;
import org.caffe4j.Blob;
import org.caffe4j.MersenneTwister;
import org.caffe4j.NetDefinitionException;

/** Kernels of bilinear interpolation for an upsampling Deconvolution: a 4-axis blob (any, any, k, k), every k×k plane the same. */
record BilinearFiller() implements Filler {

    @Override
    public void fill(FloatBuffer out, long[] shape, MersenneTwister rng) {
        if (shape.length != 4 || shape[2] != shape[3]) {
            throw new NetDefinitionException("filler bilinear needs a 4-axis blob with square kernels, but its shape is "
                + Blob.shapeString(shape));
        }
        int k = (int) shape[3];
        int f = (k + 1) / 2;
        float c = (float) ((k - 1) / (2.0 * f));
        for (long plane = shape[0] * shape[1]; plane > 0; plane--) {
            for (int y = 0; y < k; y++) {
                for (int x = 0; x < k; x++) {
                    out.put((1 - Math.abs((float) x / f - c)) * (1 - Math.abs((float) y / f - c)));
                }
            }
        }
    }
}
