package org.caffe4j;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.atomic.AtomicReference;
import org.caffe4j.io.PrototxtReader;
import org.junit.jupiter.api.Test;

/** Parameters shared within a net, between nets and between threads. */
class NetSharingTest extends NetFixture {
    @Test
    void sharesParams() {
        String shared = "param { name: 'w' lr_mult: 3 }";
        Net net = net(SOURCE + gain("a", "data", "a", "param { name: 'w' decay_mult: 0.5 }") + gain("b", "a", "b", shared) + loss("b", ""));
        assertEquals(1, net.learnableParams().size());
        LearnableParam param = net.learnableParams().get(0);
        assertEquals("a.0", param.name());
        assertEquals(3, param.lrMult());
        assertEquals(0.5f, param.decayMult());
        assertTrue(net.ownsParam(1, 0));
        assertFalse(net.ownsParam(2, 0));
        net.forwardBackward();
        assertEquals(40, net.layerByName("b").blobs().get(0).diff().asum(), "both gradients in one");
        param.blob().data().set(3);
        net.forward();
        assertEquals(3, net.layerByName("b").blobs().get(0).data().asum());
        assertEquals(2, net.params().size());
    }

    @Test
    void sharesTrainedLayersWithAnotherNet() {
        Net train = net(SOURCE + gain("a", "data", "a", "") + gain("only", "a", "only", ""));
        Net test = net(SOURCE + gain("a", "data", "a", "") + gain("new", "a", "new", ""));
        LoadReport report = test.shareTrainedLayersWith(train);
        assertEquals(new LoadReport(List.of("a"), List.of("new"), List.of("only")), report);
        train.layerByName("a").blobs().get(0).data().set(7);
        train.layerByName("a").blobs().get(0).diff().set(5);
        assertEquals(7, test.layerByName("a").blobs().get(0).data().asum());
        assertEquals(0, test.layerByName("a").blobs().get(0).diff().asum());
    }

    @Test
    void sharedWeightsServeTwoThreads() throws InterruptedException {
        String conv = "layer { name: 'in' type: 'Input' top: 'x' input_param { shape { dim: 2 dim: 3 dim: 9 dim: 9 } } } "
                + "layer { name: 'conv' type: 'Convolution' bottom: 'x' top: 'y' convolution_param { num_output: 16 kernel_size: 3 "
                + "weight_filler { type: 'xavier' } } } "
                + "layer { name: 'ip' type: 'InnerProduct' bottom: 'y' top: 'z' inner_product_param { num_output: 5 "
                + "weight_filler { type: 'xavier' } } }";
        Net first = net(conv);
        first.inputs().get(0).data().fill(0.5f);
        first.forward();
        float[] expected = first.outputs().get(0).data().toArray();
        AtomicReference<Throwable> failure = new AtomicReference<>();
        List<Thread> threads = new ArrayList<>();
        for (int t = 0; t < 2; t++) {
            threads.add(new Thread(() -> {
                try (Context own = TestDevice.context(1); Net replica = new Net(PrototxtReader.parseNet(conv, "replica"), own)) {
                    replica.shareTrainedLayersWith(first);
                    replica.inputs().get(0).data().fill(0.5f);
                    for (int i = 0; i < 200; i++) {
                        replica.forward();
                        assertArrayEquals(expected, replica.outputs().get(0).data().toArray(), 1e-5f);
                    }
                } catch (RuntimeException | AssertionError e) {
                    failure.set(e);
                }
            }));
        }
        threads.forEach(Thread::start);
        for (Thread thread : threads) {
            thread.join();
        }
        assertEquals(null, failure.get());
    }
}
