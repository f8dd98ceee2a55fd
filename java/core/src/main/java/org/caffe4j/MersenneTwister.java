package org.caffe4j;

import java.util.Arrays;
import org.caffe4j.proto.RandomState;

/**
 * The generator MT19937 (Matsumoto and Nishimura, 1998), which Caffe draws all its random numbers from. Equal seeds give equal streams
 * on every platform.
 *
 * <p>Not thread-safe.
 */
public final class MersenneTwister {
    private static final int N = 624;
    private static final int M = 397;
    private static final int MATRIX = 0x9908b0df;
    private static final int UPPER = 0x80000000;
    private static final int LOWER = 0x7fffffff;

    private final int[] state = new int[N];
    private int index;
    private double spareGaussian = Double.NaN;

    public MersenneTwister(long seed) {
        seed(seed);
    }

    /** Starts the stream of a seed; only its lower 32 bits count, as in Caffe. */
    public void seed(long seed) {
        state[0] = (int) seed;
        for (int i = 1; i < N; i++) {
            state[i] = 1812433253 * (state[i - 1] ^ (state[i - 1] >>> 30)) + i;
        }
        index = N;
        spareGaussian = Double.NaN;
    }

    /** The next 32 random bits. */
    public int nextInt() {
        if (index == N) {
            refill();
        }
        int y = state[index++];
        y ^= y >>> 11;
        y ^= (y << 7) & 0x9d2c5680;
        y ^= (y << 15) & 0xefc60000;
        return y ^ (y >>> 18);
    }

    /** The next 32 bits as a number in [0, 2^32). */
    public long nextUnsigned() {
        return Integer.toUnsignedLong(nextInt());
    }

    /** The next 64 random bits, the first draw in the upper half: the seed of a stream of its own. */
    public long nextLong() {
        return nextUnsigned() << 32 | nextUnsigned();
    }

    /** Uniform in [0, n), as Caffe draws crops and windows: the next 32 bits modulo n. */
    public int below(int n) {
        if (n <= 0) {
            throw new IllegalArgumentException("n must be positive, got " + n);
        }
        return (int) (nextUnsigned() % n);
    }

    /** Uniform in [0, 1), with 24 random bits. */
    public float nextFloat() {
        return (nextInt() >>> 8) * 0x1p-24f;
    }

    /** Uniform in [0, 1), with 53 random bits. */
    public double nextDouble() {
        long high = nextInt() >>> 5;
        long low = nextInt() >>> 6;
        return ((high << 26) + low) * 0x1p-53;
    }

    /** Normal with mean 0 and standard deviation 1, by the polar method. */
    public double nextGaussian() {
        if (!Double.isNaN(spareGaussian)) {
            double spare = spareGaussian;
            spareGaussian = Double.NaN;
            return spare;
        }
        double u;
        double v;
        double s;
        do {
            u = 2 * nextDouble() - 1;
            v = 2 * nextDouble() - 1;
            s = u * u + v * v;
        } while (s >= 1 || s == 0);
        double factor = Math.sqrt(-2 * Math.log(s) / s);
        spareGaussian = v * factor;
        return u * factor;
    }

    /** True with probability {@code p}. */
    public boolean nextBernoulli(double p) {
        return nextDouble() < p;
    }

    /** {@link #save} for a file. */
    public RandomState toState() {
        return toState(save());
    }

    /** What {@link #save} gave, for a file. */
    public static RandomState toState(long[] saved) {
        RandomState.Builder state = RandomState.newBuilder();
        for (long number : saved) {
            state.addNumber(number);
        }
        return state.build();
    }

    /** Continues the stream where {@link #toState} was called. @throws IllegalArgumentException if it is no such state */
    public void restore(RandomState state) {
        restore(state.getNumberList().stream().mapToLong(Long::longValue).toArray());
    }

    /** Everything that the stream depends on, to be given to {@link #restore}. */
    public long[] save() {
        long[] saved = new long[N + 2];
        Arrays.setAll(saved, i -> i < N ? state[i] : i == N ? index : Double.doubleToRawLongBits(spareGaussian));
        return saved;
    }

    /** Continues the stream where {@link #save()} was called. */
    public void restore(long[] saved) {
        if (saved.length != N + 2 || saved[N] < 0 || saved[N] > N) {
            throw new IllegalArgumentException("not the saved state of a Mersenne Twister: " + saved.length + " numbers, expected " + (N + 2));
        }
        for (int i = 0; i < N; i++) {
            state[i] = (int) saved[i];
        }
        index = (int) saved[N];
        spareGaussian = Double.longBitsToDouble(saved[N + 1]);
    }

    private void refill() {
        for (int i = 0; i < N; i++) {
            int y = (state[i] & UPPER) | (state[(i + 1) % N] & LOWER);
            state[i] = state[(i + M) % N] ^ (y >>> 1) ^ ((y & 1) == 0 ? 0 : MATRIX);
        }
        index = 0;
    }
}
