package org.caffe4j.layer.pooling;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;

import java.util.Random;
import org.caffe4j.Phase;
import org.caffe4j.layer.LayerRunner;
import org.junit.jupiter.api.Test;

/** MAX and AVE pooling against the rules written out, for windows, strides and pads in every proportion to the image. */
class PoolingReferenceTest {
    private record Axis(int size, int kernel, int stride, int pad, boolean anyPad, boolean floor) {
        int output() {
            double places = (size + 2 * pad - kernel) / (double) stride;
            int out = (int) (floor ? Math.floor(places) : Math.ceil(places)) + 1;
            return anyPad && (out - 1) * stride >= size + pad ? out - 1 : out;
        }

        int start(int o) {
            return o * stride - pad;
        }

        int endOfMax(int o) {
            return Math.min(start(o) + kernel, size);
        }

        int endOfMean(int o) {
            return Math.min(start(o) + kernel, size + pad);
        }
    }

    @Test
    void matchesTheRules() {
        long seed = Long.getLong("caffe4j.seed", 20);
        Random random = new Random(seed);
        int checked = 0;
        while (checked < 400) {
            int kernelH = 1 + random.nextInt(4);
            int kernelW = 1 + random.nextInt(4);
            int padH = random.nextInt(3) == 0 ? random.nextInt(kernelH) : 0;
            int padW = random.nextInt(3) == 0 ? random.nextInt(kernelW) : 0;
            boolean floor = random.nextBoolean();
            Axis h = new Axis(1 + random.nextInt(8), kernelH, 1 + random.nextInt(4), padH, padH + padW > 0, floor);
            Axis w = new Axis(1 + random.nextInt(8), kernelW, 1 + random.nextInt(4), padW, padH + padW > 0, floor);
            boolean covered = h.output() > 0 && w.output() > 0 && h.start(h.output() - 1) < h.size && w.start(w.output() - 1) < w.size;
            if (covered) { // windows without any input are another test's
                check(random, h, w);
                checked++;
            }
        }
    }

    /** Numbers for which no kernels are generated. */
    @Test
    void extremeWindows() {
        Random random = new Random(1);
        for (int i = 0; i < 20; i++) {
            check(random, new Axis(6, 3, 65536, 0, false, true), new Axis(7, 2, 1, 0, false, true));
            check(random, new Axis(6, 3, 1, 1, true, true), new Axis(7, 2, Integer.MAX_VALUE / 2, 0, true, true));
            check(random, new Axis(6, 60000, 100000, 0, false, false), new Axis(7, 2, 2, 0, false, false));
            check(random, new Axis(6, 60000, 59995, 0, false, false), new Axis(5, 30000, 40000, 0, false, false));
        }
    }

    private static void check(Random random, Axis h, Axis w) {
        boolean max = random.nextBoolean();
        boolean mask = max && random.nextBoolean();
        String description = "type: 'Pooling' pooling_param { pool: " + (max ? "MAX" : "AVE") + " kernel_h: " + h.kernel + " kernel_w: "
                + w.kernel + " stride_h: " + h.stride + " stride_w: " + w.stride + " pad_h: " + h.pad + " pad_w: " + w.pad + " round_mode: "
                + (h.floor ? "FLOOR" : "CEIL") + (random.nextBoolean() ? " engine: CAFFE" : "") + " }";
        int planes = 1 + random.nextInt(20);
        Phase phase = random.nextBoolean() ? Phase.TRAIN : Phase.TEST;
        try (LayerRunner run = new LayerRunner(phase, description, mask ? 2 : 1, new long[] {1, planes, h.size, w.size})) {
            int outH = h.output();
            int outW = w.output();
            assertArrayEquals(new long[] {1, planes, outH, outW}, run.top.get(0).shape(), description + " " + h.size + " x " + w.size);
            float[] x = new float[planes * h.size * w.size];
            for (int i = 0; i < x.length; i++) {
                x[i] = random.nextInt(7) - 4; // with ties
            }
            run.bottom.get(0).data().set(x);
            float[] y = run.forward();
            LayerRunner.fill(run.top.get(0).diff(), 3, -1, 1);
            run.backward();
            float[] dy = run.top.get(0).diff().toArray();
            float[] places = mask ? run.top.get(1).data().toArray() : null;
            float[] dx = new float[x.length];
            for (int o = 0; o < y.length; o++) {
                int plane = o / (outH * outW) * h.size * w.size;
                int oh = o / outW % outH;
                int ow = o % outW;
                if (max) {
                    int best = -1;
                    for (int i = Math.max(0, h.start(oh)); i < h.endOfMax(oh); i++) {
                        for (int j = Math.max(0, w.start(ow)); j < w.endOfMax(ow); j++) {
                            if (best < 0 || x[plane + i * w.size + j] > x[plane + best]) {
                                best = i * w.size + j;
                            }
                        }
                    }
                    assertEquals(x[plane + best], y[o], description);
                    dx[plane + best] += dy[o];
                    if (mask) {
                        assertEquals(best, places[o], description);
                    }
                } else {
                    double sum = 0;
                    int divisor = (h.endOfMean(oh) - h.start(oh)) * (w.endOfMean(ow) - w.start(ow));
                    for (int i = Math.max(0, h.start(oh)); i < h.endOfMax(oh); i++) {
                        for (int j = Math.max(0, w.start(ow)); j < w.endOfMax(ow); j++) {
                            sum += x[plane + i * w.size + j];
                            dx[plane + i * w.size + j] += dy[o] / divisor;
                        }
                    }
                    assertEquals(sum / divisor, y[o], 1e-5, description);
                }
            }
            assertArrayEquals(dx, run.bottom.get(0).diff().toArray(), 1e-5f, description);
        }
    }
}
