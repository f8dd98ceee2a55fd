package org.caffe4j.filler;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.google.protobuf.TextFormat;
import java.nio.FloatBuffer;
import org.caffe4j.Blob;
import org.caffe4j.Context;
import org.caffe4j.MersenneTwister;
import org.caffe4j.NetDefinitionException;
import org.caffe4j.TestDevice;
import org.caffe4j.proto.FillerParameter;
import org.junit.jupiter.api.Test;

class FillerTest {
    private static final long SEED = 1701;

    private static Filler filler(String text) throws TextFormat.ParseException {
        FillerParameter.Builder param = FillerParameter.newBuilder();
        TextFormat.merge(text, param);
        return Filler.of(param.build());
    }

    private static float[] fill(String text, long... shape) throws TextFormat.ParseException {
        float[] values = new float[(int) FillerShapes.count(shape)];
        filler(text).fill(FloatBuffer.wrap(values), shape, new MersenneTwister(SEED));
        return values;
    }

    private static void assertMoments(float[] values, double mean, double variance) {
        double sum = 0;
        double squares = 0;
        for (float v : values) {
            sum += v;
            squares += (v - mean) * (v - mean);
        }
        double n = values.length;
        assertEquals(mean, sum / n, 5 * Math.sqrt(variance / n), "mean, seed " + SEED);
        assertEquals(variance, squares / n, 0.1 * variance, "variance, seed " + SEED);
    }

    @Test
    void constantIsTheDefaultAndFillsOneValue() throws Exception {
        assertArrayEquals(new float[] {0, 0}, fill("", 2));
        assertArrayEquals(new float[] {2.5f, 2.5f, 2.5f, 2.5f}, fill("value: 2.5", 2, 2));
        assertArrayEquals(new float[] {3}, fill("value: 3"));
        assertTrue(filler("value: 1").isConstant());
    }

    @Test
    void uniformStaysInItsRange() throws Exception {
        float[] values = fill("type: 'uniform' min: -2 max: 6", 10, 1000);
        for (float v : values) {
            assertTrue(v >= -2 && v <= 6, () -> v + " with seed " + SEED);
        }
        assertMoments(values, 2, 64.0 / 12);
        assertArrayEquals(new float[] {4, 4}, fill("type: 'uniform' min: 4 max: 4", 2));
    }

    @Test
    void gaussianHasItsMoments() throws Exception {
        assertMoments(fill("type: 'gaussian' mean: 3 std: 0.5", 100, 100), 3, 0.25);
    }

    @Test
    void sparseGaussianKeepsSparseOfTheOutputs() throws Exception {
        int kept = 0;
        for (float v : fill("type: 'gaussian' std: 1 sparse: 5", 50, 400)) {
            kept += v != 0 ? 1 : 0;
        }
        assertEquals(2000, kept, 250, "seed " + SEED);
        assertArrayEquals(new float[6], fill("type: 'gaussian' std: 1 sparse: 0", 2, 3));
    }

    @Test
    void positiveUnitballRowsSumToOne() throws Exception {
        float[] values = fill("type: 'positive_unitball'", 3, 2, 4);
        for (int row = 0; row < 3; row++) {
            float sum = 0;
            for (int i = 0; i < 8; i++) {
                assertTrue(values[row * 8 + i] >= 0);
                sum += values[row * 8 + i];
            }
            assertEquals(1, sum, 1e-6);
        }
    }

    @Test
    void xavierAndMsraFollowTheFan() throws Exception {
        assertMoments(fill("type: 'xavier'", 40, 10, 5, 5), 0, 1.0 / 250);
        assertMoments(fill("type: 'xavier' variance_norm: FAN_OUT", 40, 10, 5, 5), 0, 1.0 / 1000);
        assertMoments(fill("type: 'msra' variance_norm: AVERAGE", 40, 10, 5, 5), 0, 2.0 / 625);
        double a = Math.sqrt(3.0 / 250);
        for (float v : fill("type: 'xavier'", 40, 10, 5, 5)) {
            assertTrue(Math.abs(v) <= a + 1e-7);
        }
    }

    @Test
    void bilinearKernel() throws Exception {
        float[] values = fill("type: 'bilinear'", 1, 2, 4, 4);
        float[] side = {.25f, .75f, .75f, .25f};
        for (int i = 0; i < 32; i++) {
            assertEquals(side[i % 4] * side[i / 4 % 4], values[i], 1e-7);
        }
        assertEquals(.0625f, values[0]);
        assertEquals(.1875f, values[1]);
        assertEquals(1f, fill("type: 'bilinear'", 1, 1, 3, 3)[4]);
    }

    @Test
    void sameSeedSameValues() throws Exception {
        assertArrayEquals(fill("type: 'gaussian'", 20), fill("type: 'gaussian'", 20));
    }

    private static float[] fillOnDevice(String text, long... shape) throws TextFormat.ParseException {
        try (Context context = TestDevice.context(2); Blob blob = new Blob(context, shape)) {
            filler(text).fillOnDevice(blob, new MersenneTwister(SEED));
            return blob.data().toArray();
        }
    }

    @Test
    void devicesDrawTheSameDistributions() throws Exception {
        assertMoments(fillOnDevice("type: 'uniform' min: -2 max: 6", 10, 1000), 2, 64.0 / 12);
        assertMoments(fillOnDevice("type: 'gaussian' mean: 3 std: 0.5", 100, 100), 3, 0.25);
        assertMoments(fillOnDevice("type: 'xavier'", 40, 10, 5, 5), 0, 1.0 / 250);
        assertMoments(fillOnDevice("type: 'msra' variance_norm: AVERAGE", 40, 10, 5, 5), 0, 2.0 / 625);
        int kept = 0;
        for (float v : fillOnDevice("type: 'gaussian' std: 1 sparse: 5", 50, 400)) {
            kept += v != 0 ? 1 : 0;
        }
        assertEquals(2000, kept, 250, "seed " + SEED);
        float sum = 0;
        for (float v : fillOnDevice("type: 'positive_unitball'", 1, 8)) {
            sum += v;
        }
        assertEquals(1, sum, 1e-6);
        assertArrayEquals(new float[] {2, 2}, fillOnDevice("value: 2", 2));
        assertArrayEquals(fillOnDevice("type: 'gaussian'", 20), fillOnDevice("type: 'gaussian'", 20));
        assertThrows(NetDefinitionException.class, () -> fillOnDevice("type: 'gaussian' sparse: 9", 3, 3));
    }

    @Test
    void badFieldsAndShapesAreRefused() throws Exception {
        for (String text : new String[] {"type: 'xaver'", "type: 'uniform' min: 1 max: 0", "type: 'gaussian' std: 0",
            "type: 'constant' sparse: 3", "type: 'xavier' sparse: 0", "type: 'gaussian' sparse: -2"}) {
            assertThrows(NetDefinitionException.class, () -> filler(text), text);
        }
        assertThrows(NetDefinitionException.class, () -> fill("type: 'bilinear'", 2, 3, 4, 5));
        assertThrows(NetDefinitionException.class, () -> fill("type: 'bilinear'", 4, 4));
        assertThrows(NetDefinitionException.class, () -> fill("type: 'xavier'"));
        assertThrows(NetDefinitionException.class, () -> fill("type: 'gaussian' sparse: 9", 3, 3));
        assertTrue(assertThrows(NetDefinitionException.class, () -> filler("type: 'foo'")).getMessage()
            .contains("Unknown filler name: foo"));
    }
}
