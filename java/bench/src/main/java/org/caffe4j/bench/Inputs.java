package org.caffe4j.bench;

import java.nio.FloatBuffer;
import java.util.Random;

/** The values that every engine gets. */
final class Inputs {
    /** How many output values engines are compared by. */
    static final int COMPARED = 1000;

    private Inputs() {}

    /** Fills a buffer from its position with the same standard normal values every time. */
    static void fill(FloatBuffer values) {
        Random random = new Random(2);
        while (values.hasRemaining()) {
            values.put((float) random.nextGaussian());
        }
    }
}
