package org.caffe4j;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicReference;
import org.caffe4j.io.PrototxtReader;
import org.caffe4j.proto.NetParameter;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.Test;

class NetTest {
    private static final String SOURCE = "layer { name: 'data' type: 'TestSource' top: 'data' input_param { shape { dim: 2 dim: 2 } } } ";

    private final Context context = TestDevice.context(1);
    private final List<Net> opened = new ArrayList<>();

    @AfterEach
    void close() {
        opened.forEach(Net::close);
        context.close();
    }

    private Net net(String layers) {
        Net net = new Net(PrototxtReader.parseNet("name: 'test' " + layers, "test"), context);
        opened.add(net);
        return net;
    }

    private static String gain(String name, String bottom, String top, String more) {
        return "layer { name: '" + name + "' type: 'TestGain' bottom: '" + bottom + "' top: '" + top + "' " + more + " } ";
    }

    private static String loss(String bottom, String more) {
        return "layer { name: 'loss' type: 'TestSumLoss' bottom: '" + bottom + "' top: 'loss' " + more + " } ";
    }

    @Test
    void runsForwardAndBackward() {
        Net net = net(SOURCE + gain("a", "data", "a", "") + gain("b", "a", "b", "") + loss("b", ""));
        assertEquals(40, net.forward());
        net.clearParamDiffs();
        net.backward();
        assertArrayEquals(new float[] {4, 8, 12, 16}, net.blobByName("b").data().toArray());
        assertArrayEquals(new float[] {2, 2, 2, 2}, net.blobByName("a").diff().toArray());
        assertArrayEquals(new float[] {20}, net.layerByName("a").blobs().get(0).diff().toArray());
        assertArrayEquals(new float[] {20}, net.layerByName("b").blobs().get(0).diff().toArray());
        net.backward();
        assertArrayEquals(new float[] {40}, net.layerByName("a").blobs().get(0).diff().toArray(), "gradients of parameters add up");
        assertEquals(80, net.forward(), "the source moves on");
    }

    @Test
    void runsInPlace() {
        Net net = net(SOURCE + gain("a", "data", "x", "") + gain("b", "x", "x", "") + loss("x", ""));
        assertEquals(40, net.forwardBackward());
        assertEquals(List.of("data", "x", "loss"), net.blobNames());
        assertEquals(List.of("x"), net.topNames(2));
        assertArrayEquals(new float[] {20}, net.layerByName("b").blobs().get(0).diff().toArray());
    }

    @Test
    void runsRanges() {
        Net net = net(SOURCE + gain("a", "data", "a", "") + gain("b", "a", "b", "") + loss("b", ""));
        assertEquals(0, net.forward(0, 1));
        assertEquals(0, net.blobByName("b").data().asum());
        assertEquals(40, net.forward(2, 3));
        net.backward(3, 2);
        assertEquals(8, net.blobByName("a").diff().asum());
        assertEquals(0, net.layerByName("a").blobs().get(0).diff().asum());
        assertThrows(IllegalArgumentException.class, () -> net.forward(0, 4));
        assertThrows(IllegalArgumentException.class, () -> net.backward(4, 0));
    }

    @Test
    void insertsSplitsAndSortsOutputs() {
        Net net = net(SOURCE + gain("z", "data", "z", "") + gain("a", "data", "a", "") + gain("B", "data", "B", ""));
        assertEquals(List.of("data", "data_data_0_split", "z", "a", "B"), net.layerNames());
        assertEquals(List.of("B", "a", "z"), net.outputNames());
        assertEquals(List.of(), net.inputNames());
        net.forward();
        assertEquals(20, net.blobByName("a").data().asum());
    }

    @Test
    void addsAutomaticTopToTheLossOnly() {
        Net net = net(SOURCE + "layer { name: 'loss' type: 'TestSumLoss' bottom: 'data' }");
        assertEquals(10, net.forward());
        assertEquals(List.of(), net.outputNames());
        assertEquals(List.of("data", "(automatic)"), net.blobNames());
    }

    @Test
    void weighsLosses() {
        Net net = net(SOURCE + gain("a", "data", "a", "loss_weight: 0.5") + loss("a", "loss_weight: 3"));
        assertEquals("a_a_0_split", net.layerNames().get(2));
        assertEquals(0.5f * 20 + 3 * 20, net.forwardBackward());
        assertEquals(3, net.lossWeight("loss"));
        assertEquals(0.5f, net.lossWeight("a_a_0_split_0"));
        assertArrayEquals(new float[] {3.5f, 3.5f, 3.5f, 3.5f}, net.blobByName("a").diff().toArray());
    }

    @Test
    void decidesWhichLayersRunBackward() {
        String frozen = "param { lr_mult: 0 }";
        Net net = net(SOURCE + gain("a", "data", "a", frozen) + gain("b", "a", "b", "") + gain("c", "b", "c", frozen) + loss("c", "")
                + gain("side", "c", "side", ""));
        assertEquals(List.of(false, false, true, true, true, true, false),
                List.of(0, 1, 2, 3, 4, 5, 6).stream().map(net::layerNeedsBackward).toList(), net.layerNames().toString());
        assertFalse(net.bottomNeedsBackward(2, 0));
        assertTrue(net.bottomNeedsBackward(3, 0));
        net.forwardBackward();
        assertEquals(0, net.layerByName("c").blobs().get(0).diff().asum());
        assertEquals(40, net.layerByName("b").blobs().get(0).diff().asum());
    }

    @Test
    void obeysPropagateDown() {
        Net stopped = net(SOURCE + gain("a", "data", "a", "") + gain("b", "a", "b", "propagate_down: false") + loss("b", ""));
        assertFalse(stopped.layerNeedsBackward(1));
        assertTrue(stopped.layerNeedsBackward(2));
        Net forced = net(SOURCE + gain("a", "data", "a", "param { lr_mult: 0 }") + gain("b", "a", "b", "propagate_down: true") + loss("b", ""));
        assertTrue(forced.bottomNeedsBackward(2, 0));
        forced.forwardBackward();
        assertEquals(8, forced.blobByName("a").diff().asum());
        assertFalse(forced.layerNeedsBackward(1));
    }

    /** propagate_down says what a layer does with its bottoms; whether it runs at all still follows from what needs a gradient. */
    @Test
    void propagateDownDoesNotDecideWhetherALayerRuns() {
        String frozen = "param { lr_mult: 0 }";
        Net stopped = net(SOURCE + gain("a", "data", "a", "") + gain("b", "a", "b", frozen + " propagate_down: false")
                + gain("c", "b", "c", frozen) + loss("c", ""));
        assertEquals(List.of(false, false, true, true, true), backward(stopped));
        stopped.forwardBackward();
        assertEquals(8, stopped.blobByName("b").diff().asum());
        assertEquals(0, stopped.blobByName("a").diff().asum());
        Net forced = net(SOURCE + gain("a", "data", "a", frozen) + gain("b", "a", "b", frozen + " propagate_down: true") + loss("b", ""));
        assertEquals(List.of(false, false, false, false), backward(forced));
    }

    private static List<Boolean> backward(Net net) {
        return net.layerNames().stream().map(name -> net.layerNeedsBackward(net.layerIndex(name))).toList();
    }

    /** The statistics of BatchNorm are not learned, but without params of their own they make the layer run, as in Caffe. */
    @Test
    void batchNormRunsBackwardUnlessItsParamsSayNot() {
        String norm = "layer { name: 'bn' type: 'BatchNorm' bottom: 'data' top: 'bn' ";
        Net implicit = net(SOURCE + norm + "} " + loss("bn", ""));
        assertEquals(List.of(false, true, true), backward(implicit));
        assertEquals(List.of(0f, 0f, 0f), implicit.learnableParams().stream().map(LearnableParam::lrMult).toList());
        assertEquals(3, implicit.toParameter().getLayer(1).getParamList().stream().filter(p -> p.hasLrMult() && p.getLrMult() == 0).count());
        Net explicit = net(SOURCE + norm + "param { lr_mult: 0 } param { lr_mult: 0 } param { lr_mult: 0 } } " + loss("bn", ""));
        assertEquals(List.of(false, false, false), backward(explicit));
    }

    @Test
    void aLayersOwnPhaseStands() {
        Net net = net(SOURCE + gain("a", "data", "a", "phase: TRAIN") + gain("b", "a", "b", ""));
        assertEquals(Phase.TRAIN, net.layerByName("a").phase());
        assertEquals(Phase.TEST, net.layerByName("b").phase());
    }

    @Test
    void oldNetsRunWithTheirBlobs() {
        String input = "input: 'x' input_dim: 1 input_dim: 2 input_dim: 1 input_dim: 1 ";
        String blobs = "blobs { num: 1 channels: 1 height: 1 width: 2 data: 3 data: 4 } blobs { num: 1 channels: 1 height: 1 width: 1 data: 5 } "
                + "blobs_lr: 0 blobs_lr: 2 weight_decay: 1 weight_decay: 0 ";
        for (String layer : List.of(
                "layers { name: 'ip' type: INNER_PRODUCT bottom: 'x' top: 'ip' inner_product_param { num_output: 1 } " + blobs + "}",
                "layers { bottom: 'x' top: 'ip' layer { name: 'ip' type: 'innerproduct' num_output: 1 " + blobs + "} }")) {
            Net net = net(input + layer);
            net.inputs().get(0).data().set(10, 1);
            net.forward();
            assertArrayEquals(new float[] {39}, net.outputs().get(0).data().toArray());
            assertEquals(List.of(0f, 2f), net.learnableParams().stream().map(LearnableParam::lrMult).toList());
            assertEquals(List.of(1f, 0f), net.learnableParams().stream().map(LearnableParam::decayMult).toList());
        }
    }

    @Test
    void embeddedBlobsTakeTheFillersPlace() {
        String layer = SOURCE + "layer { name: 'ip' type: 'InnerProduct' bottom: 'data' top: 'ip' inner_product_param { num_output: 1 "
                + "weight_filler { type: 'gaussian' } } blobs { num: 1 channels: 1 height: 1 width: 2 data: 3 data: 4 } ";
        try (CapturedLog log = new CapturedLog()) {
            Net net = net(layer + "blobs { shape { dim: 1 } double_data: 5 } }");
            assertTrue(log.lines().contains("Skipping parameter initialization"), log.lines().toString());
            net.forward();
            assertArrayEquals(new float[] {3 + 2 * 4 + 5, 3 * 3 + 4 * 4 + 5}, net.blobByName("ip").data().toArray());
        }
        NetDefinitionException e = assertThrows(NetDefinitionException.class, () -> net(layer + "}"));
        assertTrue(e.getMessage().contains("layer 'ip' (InnerProduct): Incorrect number of weight blobs."), e.getMessage());
    }

    @Test
    void keepsLossWeightWhenTheTopGrows() {
        Net net = net("layer { name: 'data' type: 'Input' top: 'data' input_param { shape { dim: 2 } } } "
                + gain("a", "data", "a", "loss_weight: 0.5"));
        net.inputs().get(0).data().set(1, 2);
        assertEquals(3, net.forward());
        net.inputs().get(0).reshape(4);
        net.inputs().get(0).data().set(1, 2, 3, 4);
        assertEquals(10, net.forward());
        net.inputs().get(0).reshape(1);
        net.reshape();
        assertEquals("1 (1)", net.blobByName("a").shapeString());
    }

    @Test
    void forcesBackward() {
        NetParameter param = PrototxtReader.parseNet("force_backward: true layer { name: 'in' type: 'Input' top: 'x' top: 'y' "
                + "input_param { shape { dim: 2 } } } " + gain("a", "x", "a", "param { lr_mult: 0 }")
                + "layer { name: 'loss' type: 'TestSumLoss' bottom: 'a' bottom: 'y' }", "test");
        Net net = new Net(param, context);
        opened.add(net);
        net.inputs().get(0).data().set(1, 2);
        net.forwardBackward();
        assertEquals(4, net.blobByName("x").diff().asum());
        assertEquals(0, net.blobByName("y").diff().asum(), "a loss lets no gradient be forced to its label");
        assertEquals(3, net.layerByName("a").blobs().get(0).diff().asum());
    }

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
        Assumptions.assumeFalse(TestDevice.isGpu(), "contexts on GPUs share no weights");
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

    @Test
    void filtersByState() {
        String layers = SOURCE + gain("train", "data", "t", "include { phase: TRAIN }")
                + gain("stage", "data", "s", "include { stage: 'x' }");
        assertEquals(List.of("data"), net(layers).outputNames());
        Net train = new Net(PrototxtReader.parseNet(layers + "state { stage: 'x' }", "test"), Phase.TRAIN, context);
        opened.add(train);
        assertEquals(List.of("s", "t"), train.outputNames());
        assertEquals(Phase.TRAIN, train.layerByName("train").phase());
        assertEquals(List.of("data", "data_data_0_split", "train", "stage"),
                train.toParameter().getLayerList().stream().map(l -> l.getName()).toList());
    }

    @Test
    void callsBackAroundLayers() {
        Net net = net(SOURCE + gain("a", "data", "a", "") + loss("a", ""));
        List<String> calls = new ArrayList<>();
        net.addCallback(new NetCallback() {
            @Override
            public void beforeForward(Net n, int layer) {
                calls.add("f" + layer);
            }

            @Override
            public void afterForward(Net n, int layer) {
                calls.add("F" + layer + "=" + n.tops(layer).get(0).data().asum());
            }

            @Override
            public void beforeBackward(Net n, int layer) {
                calls.add("b" + layer);
            }

            @Override
            public void afterBackward(Net n, int layer) {
                calls.add("B" + layer);
            }
        });
        net.forwardBackward();
        assertEquals(List.of("f0", "F0=10.0", "f1", "F1=20.0", "f2", "F2=20.0", "b2", "B2", "b1", "B1", "b0", "B0"), calls);
    }

    @Test
    void refusesASecondThreadAndWaitsForTheFirstBeforeClosing() throws InterruptedException {
        Net net = net(SOURCE + gain("a", "data", "a", ""));
        Net sibling = net(SOURCE);
        CountDownLatch inside = new CountDownLatch(1);
        CountDownLatch leave = new CountDownLatch(1);
        AtomicReference<Throwable> failure = new AtomicReference<>();
        net.addCallback(new NetCallback() {
            @Override
            public void beforeForward(Net n, int layer) {
                inside.countDown();
                try {
                    leave.await(10, TimeUnit.SECONDS);
                } catch (InterruptedException e) {
                    failure.set(e);
                }
            }
        });
        Thread runner = new Thread(() -> {
            try {
                net.forward();
            } catch (RuntimeException e) {
                failure.set(e);
            }
        }, "runner");
        runner.start();
        assertTrue(inside.await(10, TimeUnit.SECONDS));
        assertTrue(assertThrows(IllegalStateException.class, sibling::forward).getMessage().contains("context"));
        IllegalStateException busy = assertThrows(IllegalStateException.class, net::forward);
        assertTrue(busy.getMessage().contains("in use by thread 'runner'"), busy.getMessage());
        Thread closer = new Thread(net::close);
        closer.start();
        closer.join(100);
        assertTrue(closer.isAlive(), "close waits");
        leave.countDown();
        runner.join();
        closer.join();
        assertEquals(null, failure.get());
        net.close();
        IllegalStateException closed = assertThrows(IllegalStateException.class, net::forward);
        assertEquals("Net 'test' is closed.", closed.getMessage());
    }

    @Test
    void refusesToBeClosedFromInside() {
        Net net = net(SOURCE);
        net.addCallback(new NetCallback() {
            @Override
            public void beforeForward(Net n, int layer) {
                n.close();
            }
        });
        assertThrows(IllegalStateException.class, net::forward);
    }

    @Test
    void namesUnknownBlobsAndLayers() {
        Net net = net(SOURCE);
        assertTrue(assertThrows(IllegalArgumentException.class, () -> net.blobByName("dat")).getMessage().contains("dat"));
        assertThrows(IllegalArgumentException.class, () -> net.layerByName("x"));
        assertTrue(net.hasBlob("data"));
        assertFalse(net.hasBlob("x"));
    }

    @Test
    void logsItsConstructionAsCaffeDoes() {
        List<String> lines;
        try (CapturedLog log = new CapturedLog()) {
            net(SOURCE + gain("a", "data", "a", "param { name: 'w' lr_mult: 0 }") + gain("b", "a", "a", "param { name: 'w' }")
                    + loss("a", "loss_weight: 0.5") + gain("x", "data", "x", "include { stage: 'x' }"));
            lines = log.lines();
        }
        assertEquals("The NetState did not contain stage 'x' specified by a rule in layer x", lines.get(0));
        assertEquals("Initializing net from parameters: ", lines.get(1));
        assertEquals("name: \"test\"", lines.get(2));
        assertEquals("""
            Creating layer data
            Creating Layer data
            data -> data
            Setting up data
            Top shape: 2 2 (4)
            Memory required for data: 16
            Creating layer a
            Creating Layer a
            a <- data
            a -> a
            Setting up a
            Top shape: 2 2 (4)
            Memory required for data: 32
            Creating layer b
            Creating Layer b
            b <- a
            b -> a (in-place)
            Setting up b
            Top shape: 2 2 (4)
            Memory required for data: 48
            Sharing parameters 'w' owned by layer 'a', param index 0
            Creating layer loss
            Creating Layer loss
            loss <- a
            loss -> loss
            Setting up loss
            Top shape: (1)
                with loss weight 0.5
            Memory required for data: 52
            loss needs backward computation.
            b needs backward computation.
            a does not need backward computation.
            data does not need backward computation.
            This network produces output loss
            Network initialization done.""", String.join("\n", lines.subList(lines.indexOf("Creating layer data"), lines.size())));
    }

    @Test
    void logsDebugInfo() {
        Net net = net("debug_info: true " + SOURCE + gain("a", "data", "a", "")
                + gain("b", "a", "b", "param { name: 'w' }") + loss("b", ""));
        List<String> lines;
        try (CapturedLog log = new CapturedLog()) {
            net.forwardBackward();
            lines = log.lines();
        }
        assertEquals("""
                [Forward] Layer data, top blob data data: 2.5
                [Forward] Layer a, top blob a data: 5
                [Forward] Layer a, param blob 0 data: 2
                [Forward] Layer b, top blob b data: 10
                [Forward] Layer b, param blob w data: 2
                [Forward] Layer loss, top blob loss data: 40
                [Backward] Layer loss, bottom blob b diff: 1
                [Backward] Layer b, bottom blob a diff: 2
                [Backward] Layer b, param blob 0 diff: 20
                [Backward] Layer a, param blob 0 diff: 20
                [Backward] All net params (data, diff): L1 norm = (4, 40); L2 norm = (2.82843, 28.2843)""".indent(4).stripTrailing(),
                String.join("\n", lines));
    }

    @Test
    void writesItsDefinition() {
        NetParameter param = net(SOURCE + loss("data", "")).toParameter();
        assertEquals("test", param.getName());
        assertEquals(List.of(1f), param.getLayer(1).getLossWeightList());
        assertEquals(org.caffe4j.proto.Phase.TEST, param.getLayer(1).getPhase());
    }
}
