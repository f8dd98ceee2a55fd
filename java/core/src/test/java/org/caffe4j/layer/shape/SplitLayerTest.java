package org.caffe4j.layer.shape;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import org.caffe4j.layer.GradientCheck;
import org.caffe4j.layer.LayerRunner;
import org.junit.jupiter.api.Test;

class SplitLayerTest {
    @Test
    void sharesValuesAndSumsGradients() {
        try (LayerRunner run = LayerRunner.of("type: 'Split'", 3, new long[] {2, 2})) {
            run.bottom.get(0).data().set(1, 2, 3, 4);
            assertArrayEquals(new float[] {1, 2, 3, 4}, run.forward());
            assertTrue(run.top.get(2).data().sharesWith(run.bottom.get(0).data()));
            for (int i = 0; i < 3; i++) {
                run.top.get(i).diff().fill(i + 1);
            }
            run.backward();
            assertArrayEquals(new float[] {6, 6, 6, 6}, run.bottom.get(0).diff().toArray());
            run.bottom.get(0).reshape(6);
            run.bottom.get(0).data().set(1, 2, 3, 4, 5, 6);
            assertArrayEquals(new float[] {1, 2, 3, 4, 5, 6}, run.forward());
        }
    }

    @Test
    void gradient() {
        try (LayerRunner run = LayerRunner.of("type: 'Split'", 2, new long[] {2, 3})) {
            new GradientCheck(1e-2, 1e-3).check(run.fillAll(1));
        }
    }
}
