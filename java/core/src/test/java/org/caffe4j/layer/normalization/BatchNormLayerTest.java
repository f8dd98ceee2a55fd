package org.caffe4j.layer.normalization;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import org.caffe4j.NetDefinitionException;
import org.caffe4j.Phase;
import org.caffe4j.ShapeException;
import org.caffe4j.layer.LayerRunner;
import org.junit.jupiter.api.Test;

class BatchNormLayerTest {
    private static LayerRunner batchNorm(Phase phase, String param, long... shape) {
        return new LayerRunner(phase, "type: 'BatchNorm' batch_norm_param { " + param + " }", 1, shape);
    }

    @Test
    void trainingUsesAndStoresTheBatchsStatistics() {
        try (LayerRunner run = batchNorm(Phase.TRAIN, "moving_average_fraction: 0.5 eps: 0", 2, 1, 1, 2)) {
            run.bottom.get(0).data().set(1, 3, 5, 7);
            float s = (float) Math.sqrt(5);
            assertArrayEquals(new float[] {-3 / s, -1 / s, 1 / s, 3 / s}, run.forward(), 1e-6f);
            assertArrayEquals(new float[] {4}, run.layer.blobs().get(0).data().toArray());
            assertEquals(5 * 4 / 3f, run.layer.blobs().get(1).data().toArray()[0], 1e-5, "stored without bias");
            assertArrayEquals(new float[] {1}, run.layer.blobs().get(2).data().toArray());
            run.bottom.get(0).data().fill(2);
            run.forward();
            assertArrayEquals(new float[] {4}, run.layer.blobs().get(0).data().toArray());
            assertEquals(10 / 3f, run.layer.blobs().get(1).data().toArray()[0], 1e-5);
            assertArrayEquals(new float[] {1.5f}, run.layer.blobs().get(2).data().toArray());
        }
    }

    @Test
    void testingUsesTheStoredStatistics() {
        try (LayerRunner run = batchNorm(Phase.TEST, "eps: 1", 1, 2, 2)) {
            run.layer.blobs().get(0).data().set(2, 4);
            run.layer.blobs().get(1).data().set(6, 16);
            run.layer.blobs().get(2).data().set(2);
            run.bottom.get(0).data().set(1, 3, 2, 5);
            assertArrayEquals(new float[] {0, 1, 0, 1}, run.forward(), 1e-6f);
            run.top.get(0).diff().set(2, 4, 3, 9);
            run.backward();
            assertArrayEquals(new float[] {1, 2, 1, 3}, run.bottom.get(0).diff().toArray(), 1e-6f);
            assertArrayEquals(new float[] {2, 4}, run.layer.blobs().get(0).data().toArray(), "and leaves them alone");
        }
    }

    @Test
    void freshStatisticsAreZero() {
        try (LayerRunner run = batchNorm(Phase.TEST, "", 1, 1, 1)) {
            run.bottom.get(0).data().set(1);
            assertEquals(316.2278, run.forward()[0], 1e-3);
        }
    }

    @Test
    void useGlobalStatsOverridesThePhase() {
        try (LayerRunner run = batchNorm(Phase.TRAIN, "use_global_stats: true", 2, 1);
                LayerRunner own = batchNorm(Phase.TEST, "use_global_stats: false eps: 0", 2, 1)) {
            run.bottom.get(0).data().set(1, 3);
            run.forward();
            assertArrayEquals(new float[] {0}, run.layer.blobs().get(2).data().toArray());
            own.bottom.get(0).data().set(1, 3);
            assertArrayEquals(new float[] {-1, 1}, own.forward());
        }
    }

    @Test
    void gradientAlsoInPlace() {
        long[] shape = {4, 3, 2, 2};
        try (LayerRunner run = batchNorm(Phase.TRAIN, "", shape).fillAll(1); LayerRunner inPlace = batchNorm(Phase.TRAIN, "", shape).inPlace().fillAll(1)) {
            float[] x = run.bottom.get(0).data().toArray();
            LayerRunner.fill(run.top.get(0).diff(), 5, -1, 1);
            float[] weights = run.top.get(0).diff().toArray();
            run.forward();
            run.backward();
            float[] gradient = run.bottom.get(0).diff().toArray();
            for (int i = 0; i < x.length; i++) {
                double slope = 0;
                for (int sign = -1; sign <= 1; sign += 2) {
                    float[] moved = x.clone();
                    moved[i] += sign * 1e-2f;
                    run.bottom.get(0).data().set(moved);
                    float[] y = run.forward();
                    for (int j = 0; j < y.length; j++) {
                        slope += sign * y[j] * weights[j] / 2e-2;
                    }
                }
                assertEquals(slope, gradient[i], 4e-3 * Math.max(1, Math.abs(slope)), "element " + i);
            }
            inPlace.forward();
            inPlace.top.get(0).data().fill(9); // as a layer behind it may do in place
            inPlace.top.get(0).diff().set(weights);
            inPlace.backward();
            assertArrayEquals(gradient, inPlace.bottom.get(0).diff().toArray(), 1e-5f);
        }
    }

    @Test
    void isNotLearned() {
        try (LayerRunner run = batchNorm(Phase.TRAIN, "", 2, 3)) {
            assertEquals(0, run.layer.defaultParam(0).getLrMult());
        }
        var e = assertThrows(NetDefinitionException.class,
                () -> LayerRunner.of("type: 'BatchNorm' param { lr_mult: 1 }", 1, new long[] {2, 3}));
        assertTrue(e.getMessage().contains("Cannot configure batch normalization statistics as layer parameters."), e.getMessage());
    }

    @Test
    void refusesOtherShapes() {
        assertThrows(ShapeException.class, () -> batchNorm(Phase.TEST, "", 4));
        try (LayerRunner run = batchNorm(Phase.TEST, "", 4, 2)) {
            run.bottom.get(0).reshape(4, 3);
            assertThrows(ShapeException.class, run::forward);
        }
    }
}
