package org.caffe4j.solver;

import static org.junit.jupiter.api.Assertions.assertEquals;

import org.junit.jupiter.api.Test;

class SmoothedLossTest {
    private static float after(int size, float... losses) {
        SmoothedLoss smoothed = new SmoothedLoss(size);
        for (float loss : losses) {
            smoothed.add(loss);
        }
        return smoothed.value();
    }

    @Test
    void isTheMeanOfTheLast() {
        assertEquals(7, after(1, 1, 3, 7));
        assertEquals(2, after(3, 1, 3), 1e-6);
        assertEquals(4, after(3, 1, 3, 8), 1e-6);
        assertEquals(6, after(3, 1, 3, 8, 7), 1e-6);
        assertEquals(10, after(3, 1, 3, 8, 7, 15), 1e-6);
    }
}
