package org.caffe4j;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.util.Locale;
import org.junit.jupiter.api.Test;

class MersenneTwisterTest {
    /** The 10000th output for the default seed, as the C++ standard states it for std::mt19937. */
    @Test
    void tenThousandthNumberOfTheStandardSeed() {
        MersenneTwister rng = new MersenneTwister(5489);
        for (int i = 1; i < 10000; i++) {
            rng.nextInt();
        }
        assertEquals(4123659995L, rng.nextUnsigned());
    }

    @Test
    void longsAreTwoDraws() {
        MersenneTwister rng = new MersenneTwister(5);
        MersenneTwister same = new MersenneTwister(5);
        assertEquals(Long.toHexString(rng.nextLong()), String.format(Locale.ROOT, "%08x%08x", same.nextInt(), same.nextInt()).replaceFirst("^0+", ""));
    }

    @Test
    void savedStateContinuesTheStream() {
        MersenneTwister rng = new MersenneTwister(7);
        rng.nextGaussian();
        long[] saved = rng.save();
        double gaussian = rng.nextGaussian();
        int bits = rng.nextInt();
        MersenneTwister other = new MersenneTwister(0);
        other.restore(saved);
        assertEquals(gaussian, other.nextGaussian());
        assertEquals(bits, other.nextInt());
    }

    @Test
    void gaussianHasUnitVariance() {
        MersenneTwister rng = new MersenneTwister(3);
        double sum = 0;
        double squares = 0;
        int n = 200_000;
        for (int i = 0; i < n; i++) {
            double x = rng.nextGaussian();
            sum += x;
            squares += x * x;
        }
        assertEquals(0, sum / n, 0.01);
        assertEquals(1, squares / n, 0.015);
    }
}
