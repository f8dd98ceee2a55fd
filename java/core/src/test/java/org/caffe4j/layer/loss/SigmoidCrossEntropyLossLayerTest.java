package org.caffe4j.layer.loss;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import org.caffe4j.NetDefinitionException;
import org.caffe4j.ShapeException;
import org.caffe4j.layer.GradientCheck;
import org.caffe4j.layer.LayerRunner;
import org.junit.jupiter.api.Test;

class SigmoidCrossEntropyLossLayerTest {
    private static LayerRunner loss(String param) {
        LayerRunner run = LayerRunner.of("type: 'SigmoidCrossEntropyLoss' loss_param { " + param + " }", 1, new long[] {2, 3},
                new long[] {2, 3});
        run.bottom.get(0).data().set(2, -1, 0.5f, -3, 1, 0);
        run.bottom.get(1).data().set(1, 0, 0.3f, 1, 0, 2);
        return run;
    }

    private static double sum(LayerRunner run, int ignored) {
        float[] x = run.bottom.get(0).data().toArray();
        float[] t = run.bottom.get(1).data().toArray();
        double sum = 0;
        for (int i = 0; i < x.length; i++) {
            if ((int) t[i] != ignored) {
                sum += Math.log1p(Math.exp(x[i])) - x[i] * t[i];
            }
        }
        return sum;
    }

    @Test
    void dividesByTheBatchUnlessTold() {
        record Case(String param, int ignored, double divisor) {}
        for (Case c : new Case[] {new Case("", -1, 2), new Case("normalization: VALID", -1, 6), new Case("normalization: VALID ignore_label: 1", 1, 4),
            new Case("normalization: FULL ignore_label: 1", 1, 6), new Case("normalization: NONE", -1, 1), new Case("normalize: true", -1, 6)}) {
            try (LayerRunner run = loss(c.param)) {
                assertEquals(sum(run, c.ignored) / c.divisor, run.forward()[0], 1e-5, c.param);
            }
        }
    }

    @Test
    void gradient() {
        for (String param : new String[] {"", "ignore_label: 2 normalization: VALID"}) {
            try (LayerRunner run = loss(param)) {
                new GradientCheck(1e-2, 1e-3).check(run, 0);
            }
        }
    }

    @Test
    void refusesWhatDoesNotFit() {
        assertThrows(ShapeException.class, () -> LayerRunner.of("type: 'SigmoidCrossEntropyLoss'", 1, new long[] {2, 3}, new long[] {2, 2}));
        try (LayerRunner run = loss("")) {
            run.forward();
            assertThrows(NetDefinitionException.class, run::backward);
        }
    }
}
