package org.caffe4j.bench;

import java.io.IOException;
import java.nio.FloatBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.atomic.AtomicLong;
import org.caffe4j.NetPool;

/**
 * Images a second of a {@link NetPool} of 1 to all processors' replicas, as many callers, one image a call; and how near that is to the
 * throughput of one replica times their number. Arguments: a deploy prototxt, seconds for each measurement.
 */
final class PoolBench {
    private PoolBench() {}

    public static void main(String[] args) throws IOException, InterruptedException {
        double seconds = Double.parseDouble(args[1]);
        Path folder = Files.createTempDirectory("caffe4j-bench");
        try {
            NetFiles.write(Path.of(args[0]), 1, 0, folder, null);
            NetFiles files = new NetFiles(folder);
            System.out.println("| replicas | images/s | of linear |\n|---|---|---|");
            double one = 0;
            for (int replicas = 1; replicas <= Runtime.getRuntime().availableProcessors(); replicas++) {
                double rate = measure(files, replicas, seconds);
                one = replicas == 1 ? rate : one;
                System.out.printf(Locale.ROOT, "| %d | %.1f | %.2f |%n", replicas, rate, rate / one / replicas);
            }
        } finally {
            NetFiles.delete(folder);
        }
    }

    private static double measure(NetFiles files, int replicas, double seconds) throws InterruptedException {
        try (NetPool pool = NetPool.open(files.prototxt(), files.weights(), replicas)) {
            float[] image = new float[Math.toIntExact(pool.call(net -> net.inputs().get(0).count()))];
            Inputs.fill(FloatBuffer.wrap(image));
            run(pool, image, seconds / 4);
            return run(pool, image, seconds);
        }
    }

    private static double run(NetPool pool, float[] image, double seconds) throws InterruptedException {
        AtomicLong images = new AtomicLong();
        long begin = System.nanoTime();
        long end = begin + (long) (seconds * 1e9);
        List<Thread> callers = new ArrayList<>();
        for (int i = 0; i < pool.size(); i++) {
            Thread caller = new Thread(() -> {
                try {
                    while (System.nanoTime() < end) {
                        images.addAndGet(pool.call(net -> {
                            net.inputs().get(0).data().set(image);
                            net.forward();
                            return net.outputs().get(0).data().read().remaining() > 0 ? 1 : 0;
                        }));
                    }
                } catch (InterruptedException e) {
                    Thread.currentThread().interrupt();
                }
            });
            callers.add(caller);
            caller.start();
        }
        for (Thread caller : callers) {
            caller.join();
        }
        return images.get() / ((System.nanoTime() - begin) / 1e9);
    }
}
