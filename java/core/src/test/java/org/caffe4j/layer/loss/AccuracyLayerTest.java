package org.caffe4j.layer.loss;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import org.caffe4j.DataException;
import org.caffe4j.NetDefinitionException;
import org.caffe4j.layer.LayerRunner;
import org.junit.jupiter.api.Test;

class AccuracyLayerTest {
    private static LayerRunner run(String param, int tops) {
        LayerRunner run = LayerRunner.of("type: 'Accuracy' accuracy_param { " + param + " }", tops, new long[] {4, 3}, new long[] {4});
        run.bottom.get(0).data().set(3, 2, 1, 3, 2, 1, 1, 2, 3, 1, 2, 3);
        run.bottom.get(1).data().set(0, 1, 2, 0);
        return run;
    }

    @Test
    void countsTheBestScores() {
        for (int k = 1; k <= 3; k++) {
            try (LayerRunner run = run("top_k: " + k, 1)) {
                assertEquals(new float[] {0.5f, 0.75f, 1}[k - 1], run.forward()[0]);
            }
        }
    }

    @Test
    void tiesCountAgainst() {
        try (LayerRunner run = run("", 1)) {
            run.bottom.get(0).data().fill(1);
            assertEquals(0, run.forward()[0]);
        }
    }

    @Test
    void leavesOutTheIgnoredLabel() {
        try (LayerRunner run = run("ignore_label: 1", 2)) {
            assertEquals(2 / 3f, run.forward()[0], 1e-6);
            assertArrayEquals(new float[] {0.5f, 0, 1}, run.top.get(1).data().toArray());
            run.bottom.get(1).data().fill(1);
            assertEquals(0, run.forward()[0]);
        }
    }

    @Test
    void mapsHaveOneItemAPoint() {
        try (LayerRunner run = LayerRunner.of("type: 'Accuracy'", 1, new long[] {1, 2, 1, 3}, new long[] {1, 1, 1, 3})) {
            run.bottom.get(0).data().set(1, 2, 3, 3, 2, 1);
            run.bottom.get(1).data().set(1, 0, 0);
            assertEquals(2 / 3f, run.forward()[0], 1e-6);
        }
    }

    @Test
    void refusesBadLabelsTopKAndGradients() {
        try (LayerRunner run = run("", 1)) {
            run.bottom.get(1).data().set(0, 1, 3, 0);
            var e = assertThrows(DataException.class, run::forward);
            assertTrue(e.getMessage().contains("label 3 of item 2 is not a class: there are 3 classes"), e.getMessage());
            assertThrows(NetDefinitionException.class, run::backward);
            run.backward(false, false);
        }
        assertThrows(NetDefinitionException.class, () -> run("top_k: 4", 1));
    }
}
