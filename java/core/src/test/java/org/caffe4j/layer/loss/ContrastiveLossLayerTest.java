package org.caffe4j.layer.loss;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import org.caffe4j.ShapeException;
import org.caffe4j.layer.GradientCheck;
import org.caffe4j.layer.LayerRunner;
import org.junit.jupiter.api.Test;

class ContrastiveLossLayerTest {
    private static LayerRunner contrastive(String param) {
        return LayerRunner.of("type: 'ContrastiveLoss' contrastive_loss_param { " + param + " }", 1, new long[] {3, 2}, new long[] {3, 2},
                new long[] {3});
    }

    @Test
    void similarPairsPayTheirDistanceOthersTheirNearness() {
        try (LayerRunner run = contrastive("margin: 2"); LayerRunner legacy = contrastive("margin: 2 legacy_version: true")) {
            for (LayerRunner r : new LayerRunner[] {run, legacy}) {
                r.bottom.get(0).data().set(3, 4, 1, 0, 9, 9);
                r.bottom.get(1).data().set(0, 0, 0, 0, 0, 0);
                r.bottom.get(2).data().set(1, 0, 0);
                assertEquals((25 + 1) / 6f, r.forward()[0], 1e-6);
            }
            legacy.bottom.get(0).data().set(3, 4, 0.5f, 0, 9, 9);
            assertEquals((25 + 1.75f) / 6, legacy.forward()[0], 1e-6);
        }
    }

    @Test
    void gradientToBoth() {
        for (String param : new String[] {"margin: 1.5", "margin: 1.5 legacy_version: true"}) {
            try (LayerRunner run = contrastive(param).fillAll(3)) {
                run.bottom.get(2).data().set(1, 0, 0);
                new GradientCheck(1e-2, 2e-3).check(run, 0, 1);
            }
        }
    }

    @Test
    void equalPairsThatDoNotBelongTogetherHaveNoDirection() {
        try (LayerRunner run = contrastive("")) {
            run.forward();
            run.top.get(0).diff().set(1);
            run.backward(true, true, false);
            assertArrayEquals(new float[6], run.bottom.get(0).diff().toArray(), 1e-9f);
        }
    }

    @Test
    void onlyTheSimilarityHasNoGradient() {
        try (LayerRunner run = contrastive("")) {
            assertTrue(run.layer.allowForceBackward(1));
            assertFalse(run.layer.allowForceBackward(2));
        }
        assertThrows(ShapeException.class,
                () -> LayerRunner.of("type: 'ContrastiveLoss'", 1, new long[] {3, 2}, new long[] {3, 2}, new long[] {2}));
    }
}
