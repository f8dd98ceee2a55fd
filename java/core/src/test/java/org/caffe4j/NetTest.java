package org.caffe4j;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.List;
import org.caffe4j.io.PrototxtReader;
import org.caffe4j.proto.NetParameter;
import org.junit.jupiter.api.Test;

class NetTest extends NetFixture {
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
    void namesUnknownBlobsAndLayers() {
        Net net = net(SOURCE);
        assertTrue(assertThrows(IllegalArgumentException.class, () -> net.blobByName("dat")).getMessage().contains("dat"));
        assertThrows(IllegalArgumentException.class, () -> net.layerByName("x"));
        assertTrue(net.hasBlob("data"));
        assertFalse(net.hasBlob("x"));
    }

    @Test
    void writesItsDefinition() {
        NetParameter param = net(SOURCE + loss("data", "")).toParameter();
        assertEquals("test", param.getName());
        assertEquals(List.of(1f), param.getLayer(1).getLossWeightList());
        assertEquals(org.caffe4j.proto.Phase.TEST, param.getLayer(1).getPhase());
    }
}
