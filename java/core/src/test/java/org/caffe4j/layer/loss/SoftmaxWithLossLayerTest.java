package org.caffe4j.layer.loss;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import org.caffe4j.DataException;
import org.caffe4j.NetDefinitionException;
import org.caffe4j.ShapeException;
import org.caffe4j.layer.GradientCheck;
import org.caffe4j.layer.LayerRunner;
import org.junit.jupiter.api.Test;

class SoftmaxWithLossLayerTest {
    private static LayerRunner map(String lossParam) {
        LayerRunner run = LayerRunner.of("type: 'SoftmaxWithLoss' loss_param { " + lossParam + " }", 1, new long[] {2, 3, 2, 2},
                new long[] {2, 1, 2, 2}).fillAll(1);
        run.bottom.get(1).data().set(0, 1, 2, 0, 1, 2, 1, 1);
        return run;
    }

    /** The summed loss of the map's items whose label is not {@code ignored}. */
    private static double sum(LayerRunner run, int ignored) {
        float[] x = run.bottom.get(0).data().toArray();
        float[] labels = run.bottom.get(1).data().toArray();
        double loss = 0;
        for (int i = 0; i < 8; i++) {
            double total = 0;
            for (int c = 0; c < 3; c++) {
                total += Math.exp(x[(i / 4 * 3 + c) * 4 + i % 4]);
            }
            if ((int) labels[i] != ignored) {
                loss += Math.log(total) - x[(i / 4 * 3 + (int) labels[i]) * 4 + i % 4];
            }
        }
        return loss;
    }

    @Test
    void normalizesInEveryMode() {
        record Case(String param, int ignored, double divisor) {}
        for (Case c : new Case[] {
            new Case("", -1, 8), new Case("ignore_label: 1", 1, 4), new Case("ignore_label: 1 normalization: FULL", 1, 8),
            new Case("normalization: BATCH_SIZE", -1, 2), new Case("normalization: NONE", -1, 1), new Case("normalize: false", -1, 2),
            new Case("normalize: true ignore_label: 2", 2, 6), new Case("normalize: false normalization: VALID", -1, 8)}) {
            try (LayerRunner run = map(c.param)) {
                assertEquals(sum(run, c.ignored) / c.divisor, run.forward()[0], 1e-5, c.param);
            }
        }
    }

    @Test
    void everythingIgnoredIsNoLoss() {
        try (LayerRunner run = map("ignore_label: 255")) {
            run.bottom.get(1).data().fill(255);
            assertEquals(0, run.forward()[0]);
            run.top.get(0).diff().set(1);
            run.backward(true, false);
            assertArrayEquals(new float[24], run.bottom.get(0).diff().toArray());
        }
    }

    @Test
    void gradient() {
        for (String param : new String[] {"", "ignore_label: 1", "normalization: NONE"}) {
            try (LayerRunner run = map(param)) {
                new GradientCheck(1e-2, 1e-3).check(run, 0);
            }
        }
    }

    @Test
    void theLossWeightScalesTheGradient() {
        try (LayerRunner run = map("")) {
            run.forward();
            run.top.get(0).diff().set(1);
            run.backward(true, false);
            float[] once = run.bottom.get(0).diff().toArray();
            run.top.get(0).diff().set(3);
            run.backward(true, false);
            float[] thrice = run.bottom.get(0).diff().toArray();
            for (int i = 0; i < once.length; i++) {
                assertEquals(3 * once[i], thrice[i], 1e-6);
            }
        }
    }

    @Test
    void theSecondTopShowsTheProbabilities() {
        try (LayerRunner run = LayerRunner.of("type: 'SoftmaxWithLoss'", 2, new long[] {1, 2}, new long[] {1})) {
            run.bottom.get(0).data().set((float) Math.log(3), 0);
            run.bottom.get(1).data().set(0);
            assertEquals(-Math.log(0.75), run.forward()[0], 1e-6);
            assertArrayEquals(new float[] {0.75f, 0.25f}, run.top.get(1).data().toArray(), 1e-6f);
        }
    }

    @Test
    void theAxisMayBeAnother() {
        try (LayerRunner run = LayerRunner.of("type: 'SoftmaxWithLoss' softmax_param { axis: 2 }", 1, new long[] {2, 2, 3},
                new long[] {2, 2}).fillAll(4)) {
            run.bottom.get(1).data().set(0, 2, 1, 1);
            new GradientCheck(1e-2, 1e-3).check(run, 0);
        }
    }

    @Test
    void namesALabelThatIsNoClass() {
        for (float bad : new float[] {3, -1, 1e20f, Float.NaN}) {
            try (LayerRunner run = map("")) {
                run.bottom.get(1).data().set(0, 1, 2, 0, bad, 2, 1, 1);
                var e = assertThrows(DataException.class, run::forward);
                assertTrue(e.getMessage().startsWith("layer 'layer' (SoftmaxWithLoss): label "), e.getMessage());
                assertTrue(e.getMessage().contains("of item 4 is not a class: there are 3 classes"), e.getMessage());
            }
        }
    }

    @Test
    void refusesShapesThatDoNotFit() {
        var first = assertThrows(ShapeException.class,
                () -> LayerRunner.of("type: 'SoftmaxWithLoss'", 1, new long[] {2, 3}, new long[] {3}));
        assertTrue(first.getMessage().contains("The data and label should have the same first dimension."), first.getMessage());
        var items = assertThrows(ShapeException.class,
                () -> LayerRunner.of("type: 'SoftmaxWithLoss'", 1, new long[] {2, 3, 2, 2}, new long[] {2, 1}));
        assertTrue(items.getMessage().contains("Number of labels must match number of predictions"), items.getMessage());
    }

    @Test
    void hasNoGradientByTheLabels() {
        try (LayerRunner run = map("")) {
            run.forward();
            var e = assertThrows(NetDefinitionException.class, run::backward);
            assertTrue(e.getMessage().contains("SoftmaxWithLoss Layer cannot backpropagate to label inputs."), e.getMessage());
        }
    }
}
