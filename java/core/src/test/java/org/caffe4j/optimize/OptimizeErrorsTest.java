package org.caffe4j.optimize;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.file.Path;
import org.caffe4j.Blob;
import org.caffe4j.Context;
import org.caffe4j.Net;
import org.caffe4j.NetCallback;
import org.caffe4j.Phase;
import org.caffe4j.ShapeException;
import org.caffe4j.TestDevice;
import org.caffe4j.io.PrototxtReader;
import org.caffe4j.proto.NetParameter;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.Test;

/** What an optimised net refuses, and what it shares. */
class OptimizeErrorsTest {
    private static final String NET = "name: 'n' layer { name: 'data' type: 'Input' top: 'data' input_param { shape { dim: 1 dim: 3 dim: 8 dim: 8 } } }"
            + " layer { name: 'c' type: 'Convolution' bottom: 'data' top: 'c' convolution_param { num_output: 4 kernel_size: 3"
            + " weight_filler { type: 'xavier' } } } layer { name: 'r' type: 'ReLU' bottom: 'c' top: 'c' }"
            + " layer { name: 'ip' type: 'InnerProduct' bottom: 'c' top: 'ip' inner_product_param { num_output: 5"
            + " weight_filler { type: 'xavier' } } } layer { name: 'prob' type: 'Softmax' bottom: 'ip' top: 'prob' }";

    private final Context context = TestDevice.context(1);

    @AfterEach
    void close() {
        context.close();
    }

    private static NetParameter definition() {
        return PrototxtReader.parseNet(NET, "test");
    }

    private static void assertRefuses(Runnable call, String... parts) {
        String message = assertThrows(IllegalStateException.class, call::run).getMessage();
        for (String part : parts) {
            assertTrue(message.contains(part), message);
        }
    }

    @Test
    void onlyNetsForInferenceAreOptimised() {
        try (Net net = new Net(definition(), Phase.TRAIN, context)) {
            assertRefuses(net::optimize, "'n'", "TRAIN", "phase TEST");
        }
        try (Net net = new Net(definition().toBuilder().setForceBackward(true).build(), Phase.TEST, context)) {
            assertRefuses(net::optimize, "force_backward");
        }
        try (Net net = new Net(definition(), Phase.TEST, context)) {
            net.addCallback(new NetCallback() {});
            assertRefuses(net::optimize, "callbacks");
        }
    }

    @Test
    void whatIsGoneSaysSo() {
        try (Net net = new Net(definition(), Phase.TEST, context)) {
            assertThrows(IllegalArgumentException.class, () -> net.optimize(OptimizeOptions.defaults().keep("cc")));
            assertSame(net, net.optimize());
            assertSame(net, net.optimize(), "a second time nothing happens");
            net.forward();
            if (!TestDevice.isGpu()) {  // there layers still run over these
                assertRefuses(() -> net.blobByName("c").data(), "blob 'c'", "OptimizeOptions.keep");
                assertRefuses(() -> net.params().get("ip").get(0).data(), "layer 'ip'", "before optimize()");
            }
            assertRefuses(() -> net.backward(), "backward");
            assertRefuses(() -> net.forward(0, 1), "as a whole");
            assertRefuses(() -> net.save(Path.of("never"), false), "save before optimize()");
            assertRefuses(() -> net.copyTrainedLayersFrom(Path.of("never")), "load weights before optimize()");
            assertRefuses(() -> net.addCallback(new NetCallback() {}), "callbacks");
            assertEquals(1, net.blobByName("prob").data().asum(), 1e-5);
            assertEquals(3, net.blobByName("data").shape(1));
        }
        try (Net net = new Net(definition(), Phase.TEST, context)) {
            assertRefuses(net::timedForward, "not optimised");
            assertRefuses(() -> net.replica(context, OptimizeOptions.defaults()), "not optimised");
        }
    }

    @Test
    void aWrongShapeNamesTheLayerAndTheNetGoesOn() {
        try (Net net = new Net(definition(), Phase.TEST, context)) {
            net.optimize().forward();
            float[] before = net.blobByName("prob").data().toArray();
            net.inputs().get(0).reshape(1, 3, 9, 8);
            assertTrue(assertThrows(ShapeException.class, net::forward).getMessage().contains("'ip'"));
            net.inputs().get(0).reshape(1, 3, 8, 8);
            net.inputs().get(0).data().fill(0);
            net.forward();
            assertArrayEquals(before, net.blobByName("prob").data().toArray());
        }
    }

    @Test
    void replicasShareWeights() {
        Net first = new Net(definition(), Phase.TEST, context);
        first.inputs().get(0).data().fill(0.5f);
        first.optimize().forward();
        float[] expected = first.blobByName("prob").data().toArray();
        try (Context other = TestDevice.context(1); Net replica = first.replica(other, OptimizeOptions.defaults())) {
            replica.inputs().get(0).data().fill(0.5f);
            replica.forward();
            assertArrayEquals(expected, replica.blobByName("prob").data().toArray());
            assertEquals(first.plan().weightBytes(), replica.plan().weightBytes());
            first.close();
            replica.forward();
            assertArrayEquals(expected, replica.blobByName("prob").data().toArray());
        }
    }

    @Test
    void whoSharedTheWeightsKeepsThem() {
        try (Net net = new Net(definition(), Phase.TEST, context); Net optimized = new Net(definition(), Phase.TEST, context)) {
            optimized.shareTrainedLayersWith(net);
            float[] weights = net.params().get("c").get(0).data().toArray();
            optimized.optimize().forward();
            assertArrayEquals(weights, net.params().get("c").get(0).data().toArray());
        }
    }

    @Test
    void memoryOfWeightsAndBlobsIsGivenBack() {
        Assumptions.assumeFalse(TestDevice.isGpu(), "weights are packed on the CPU only");
        try (Net net = new Net(definition(), Phase.TEST, context)) {
            net.forward();
            Blob inner = net.blobByName("c");
            assertTrue(inner.data().bytes() > 0);
            net.optimize().forward();
            int biasesAndProduct = 4 + 5 * 144 + 5;
            int padded = 16 * 27;
            assertTrue(net.plan().weightBytes() <= Float.BYTES * (biasesAndProduct + padded) + 256, () -> net.plan().weightBytes() + " bytes");
            assertTrue(net.timedForward().stream().allMatch(step -> step.nanos() > 0));
        }
    }
}
