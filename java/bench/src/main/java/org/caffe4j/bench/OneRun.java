package org.caffe4j.bench;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;

/**
 * The child process: loads one net into one engine, runs it and prints one line of numbers.
 * Arguments: engine, folder of {@link NetFiles}, threads, seconds to measure.
 */
final class OneRun {
    private static final int WARM_UP = 5;
    private static final int LEAST_PASSES = 10;

    private OneRun() {}

    public static void main(String[] args) throws Exception {
        Engine.Kind kind = Engine.Kind.valueOf(args[0]);
        double seconds = Double.parseDouble(args[3]);
        try (Engine engine = kind.make()) {
            long begin = System.nanoTime();
            engine.load(new NetFiles(Path.of(args[1])), Integer.parseInt(args[2]));
            engine.run();
            double first = (System.nanoTime() - begin) / 1e6;
            long peakKb = peakKb();
            for (int i = 1; i < WARM_UP; i++) {
                engine.run();
            }
            double[] times = new double[10_000];
            int passes = 0;
            long end = System.nanoTime() + (long) (seconds * 1e9);
            while (passes < times.length && (passes < LEAST_PASSES || System.nanoTime() < end)) {
                long start = System.nanoTime();
                engine.run();
                times[passes++] = (System.nanoTime() - start) / 1e6;
            }
            Arrays.sort(times, 0, passes);
            double sum = 0;
            for (float value : engine.output()) {
                sum += Math.abs(value);
            }
            System.out.println(Measured.line(times[passes / 2], first, peakKb, engine.reorders(), sum));
        }
    }

    /** Largest resident memory of this process so far. */
    private static long peakKb() throws java.io.IOException {
        for (String line : Files.readAllLines(Path.of("/proc/self/status"))) {
            if (line.startsWith("VmHWM:")) {
                return Long.parseLong(line.replaceAll("[^0-9]", ""));
            }
        }
        return -1;
    }
}
