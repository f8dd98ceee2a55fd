package org.caffe4j.data;

import java.util.Arrays;
import org.caffe4j.MersenneTwister;
import org.caffe4j.proto.Order;

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

    /** For a file. */
    public static Order toState(int[] order) {
        Order.Builder state = Order.newBuilder();
        for (int index : order) {
            state.addIndex(index);
        }
        return state.build();
    }

    /** From a file. @throws IllegalArgumentException if it is no order of 0…n−1 */
    public static int[] of(Order state, int n) {
        int[] order = state.getIndexList().stream().mapToInt(Integer::intValue).toArray();
        int[] sorted = order.clone();
        Arrays.sort(sorted);
        if (!Arrays.equals(sorted, identity(n))) {
            throw new IllegalArgumentException("there were " + order.length + " items then, and are " + n + " now");
        }
        return order;
    }

    /** A random rearrangement of an order, as a new array (Fisher and Yates). */
    public static int[] shuffled(int[] order, MersenneTwister rng) {
        int[] shuffled = order.clone();
        for (int i = shuffled.length - 1; i > 0; i--) {
            int j = uniform(rng, i + 1);
            int swap = shuffled[i];
            shuffled[i] = shuffled[j];
            shuffled[j] = swap;
        }
        return shuffled;
    }

    /** Uniform in [0, n) as Boost's uniform_int, by which Caffe shuffles, draws it: n buckets of 32-bit numbers, and again beyond the last. */
    private static int uniform(MersenneTwister rng, int n) {
        long bucket = (1L << 32) / n;
        long drawn;
        do {
            drawn = rng.nextUnsigned() / bucket;
        } while (drawn >= n);
        return (int) drawn;
    }
}
