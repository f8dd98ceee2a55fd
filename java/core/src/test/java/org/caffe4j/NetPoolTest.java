package org.caffe4j;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotSame;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import org.caffe4j.optimize.OptimizeOptions;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

@Timeout(value = 60, unit = TimeUnit.SECONDS)
class NetPoolTest {
    private static final int INPUT = 2 * 8 * 8;

    @TempDir
    Path folder;

    private Path definition;
    private Path weights;

    @BeforeEach
    void makeNet() throws IOException {
        definition = Files.writeString(folder.resolve("deploy.prototxt"), """
                layer { name: 'in' type: 'Input' top: 'in' input_param { shape { dim: 1 dim: 2 dim: 8 dim: 8 } } }
                layer { name: 'conv' type: 'Convolution' bottom: 'in' top: 'conv'
                  convolution_param { num_output: 16 kernel_size: 3 weight_filler { type: 'xavier' } } }
                layer { name: 'relu' type: 'ReLU' bottom: 'conv' top: 'conv' }
                layer { name: 'ip' type: 'InnerProduct' bottom: 'conv' top: 'ip' inner_product_param { num_output: 5 weight_filler { type: 'xavier' } } }
                layer { name: 'prob' type: 'Softmax' bottom: 'ip' top: 'prob' }
                """);
        weights = folder.resolve("net.caffemodel");
        try (Context context = Context.cpu(1); Net net = Net.open(definition, Phase.TEST, context)) {
            net.save(weights, false);
        }
    }

    private NetPool open(int replicas) {
        return NetPool.open(definition, weights, replicas, OptimizeOptions.defaults(), TestDevice.device());
    }

    private static float[] image(int seed) {
        float[] image = new float[INPUT];
        for (int i = 0; i < INPUT; i++) {
            image[i] = (float) Math.sin(seed + 0.1 * i);
        }
        return image;
    }

    private static float[] run(Net net, float[] image) {
        net.inputs().get(0).data().set(image);
        net.forward();
        return net.outputs().get(0).data().toArray();
    }

    @Test
    void concurrentCallersGetWhatOneCallerGets() throws InterruptedException, ExecutionException {
        List<float[]> expected = new ArrayList<>();
        try (Context context = Context.cpu(1); Net net = Net.open(definition, Phase.TEST, context)) {
            net.copyTrainedLayersFrom(weights);
            for (int i = 0; i < 64; i++) {
                expected.add(run(net, image(i)));
            }
        }
        ExecutorService callers = Executors.newFixedThreadPool(6);
        try (NetPool pool = open(3)) {
            List<Future<float[]>> found = new ArrayList<>();
            for (int i = 0; i < 64; i++) {
                float[] image = image(i);
                found.add(callers.submit(() -> pool.call(net -> run(net, image))));
            }
            for (int i = 0; i < 64; i++) {
                assertArrayEquals(expected.get(i), found.get(i).get(), 1e-5f);
            }
        } finally {
            callers.shutdownNow();
        }
    }

    @Test
    void replicasAreLentToOneCallerAtATimeAndCloseWaitsForThem() throws InterruptedException, ExecutionException {
        ExecutorService callers = Executors.newCachedThreadPool();
        CountDownLatch lent = new CountDownLatch(2);
        CountDownLatch release = new CountDownLatch(1);
        try {
            NetPool pool = open(2);
            Callable<Net> hold = () -> pool.call(net -> {
                lent.countDown();
                await(release);
                run(net, image(1));
                return net;
            });
            Future<Net> first = callers.submit(hold);
            Future<Net> second = callers.submit(hold);
            lent.await();
            Future<?> closing = callers.submit(pool::close);
            Thread.sleep(50);
            assertFalse(closing.isDone(), "two replicas are lent");
            release.countDown();
            closing.get();
            assertNotSame(first.get(), second.get());
            assertThrows(IllegalStateException.class, () -> pool.call(Net::name));
            pool.close();
        } finally {
            callers.shutdownNow();
        }
    }

    private static void await(CountDownLatch latch) {
        try {
            latch.await();
        } catch (InterruptedException e) {
            throw new IllegalStateException(e);
        }
    }

    @Test
    void aFailedCallGivesItsReplicaBack() throws InterruptedException {
        try (NetPool pool = open(1)) {
            assertThrows(IllegalStateException.class, () -> pool.call(net -> {
                throw new IllegalStateException("the caller's own");
            }));
            assertEquals(5, pool.call(net -> run(net, image(0))).length);
        }
    }

    @Test
    void everyLayerNeedsWeights() throws IOException {
        Path empty = folder.resolve("empty.caffemodel");
        Path inputOnly = Files.writeString(folder.resolve("in.prototxt"),
                "layer { name: 'in' type: 'Input' top: 'in' input_param { shape { dim: 1 } } }");
        try (Context context = Context.cpu(1); Net net = Net.open(inputOnly, Phase.TEST, context)) {
            net.save(empty, false);
        }
        ModelFormatException thrown = assertThrows(ModelFormatException.class, () -> NetPool.open(definition, empty, 2));
        assertTrue(thrown.getMessage().contains("conv"), thrown.getMessage());
        assertThrows(IllegalArgumentException.class, () -> NetPool.open(definition, weights, 0));
    }
}
