package org.caffe4j.layer.activation;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;

import java.util.Arrays;
import org.caffe4j.NetDefinitionException;
import org.caffe4j.Phase;
import org.caffe4j.layer.LayerRunner;
import org.junit.jupiter.api.Test;

class DropoutLayerTest {
    private static LayerRunner of(Phase phase, String param, long... shape) {
        LayerRunner run = new LayerRunner(phase, "type: 'Dropout' dropout_param { " + param + " }", 1, shape);
        run.bottom.get(0).data().fill(1);
        return run;
    }

    @Test
    void dropsAndScalesInTraining() {
        try (LayerRunner run = of(Phase.TRAIN, "dropout_ratio: 0.75", 100, 200)) {
            float[] first = run.forward();
            int kept = 0;
            for (float y : first) {
                assertEquals(y == 0 ? 0 : 4, y);
                kept += y == 0 ? 0 : 1;
            }
            // 20000 · 0.25, five standard deviations of 61 to either side
            assertEquals(5000, kept, 306);
            run.top.get(0).diff().fill(1);
            run.backward();
            assertArrayEquals(first, run.bottom.get(0).diff().toArray());
            assertFalse(Arrays.equals(first, run.forward()), "each forward draws anew");
            run.context.seed(1);
            float[] again = run.forward();
            run.context.seed(1);
            assertArrayEquals(again, run.forward());
        }
    }

    @Test
    void inPlaceGradientUsesTheForwardsMask() {
        try (LayerRunner run = of(Phase.TRAIN, "", 1000).inPlace()) {
            float[] y = run.forward();
            run.top.get(0).diff().fill(1);
            run.backward();
            assertArrayEquals(y, run.bottom.get(0).diff().toArray());
        }
    }

    @Test
    void passesOnInTest() {
        try (LayerRunner run = of(Phase.TEST, "dropout_ratio: 0.9", 50)) {
            LayerRunner.fill(run.bottom.get(0).data(), 1, -1, 1);
            assertArrayEquals(run.bottom.get(0).data().toArray(), run.forward());
            LayerRunner.fill(run.top.get(0).diff(), 2, -1, 1);
            run.backward();
            assertArrayEquals(run.top.get(0).diff().toArray(), run.bottom.get(0).diff().toArray());
        }
    }

    @Test
    void ratioMustBeAProbabilityBelowOne() {
        for (String ratio : new String[] {"1", "-0.1", "nan"}) {
            assertThrows(NetDefinitionException.class, () -> of(Phase.TRAIN, "dropout_ratio: " + ratio, 5));
        }
    }
}
