package org.caffe4j.data;

import org.caffe4j.MersenneTwister;

/** Random orders. */
public final class Shuffle {
    private Shuffle() {
    }

    /** 0…n−1. */
    public static int[] identity(int n) {
        int[] order = new int[n];
        for (int i = 0; i < n; i++) {
            order[i] = i;
        }
        return order;
    }

    /** A random rearrangement of an order, as a new array (Fisher and Yates). */
    public static int[] shuffled(int[] order, MersenneTwister rng) {
        int[] shuffled = order.clone();
        for (int i = shuffled.length - 1; i > 0; i--) {
            int j = rng.below(i + 1);
            int swap = shuffled[i];
            shuffled[i] = shuffled[j];
            shuffled[j] = swap;
        }
        return shuffled;
    }
}
