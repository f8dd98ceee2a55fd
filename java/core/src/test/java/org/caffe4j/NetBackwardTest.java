package org.caffe4j;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.List;
import org.caffe4j.io.PrototxtReader;
import org.caffe4j.proto.NetParameter;
import org.junit.jupiter.api.Test;

/** Which layers of a net run backward, and what decides it. */
class NetBackwardTest extends NetFixture {
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

    private static List<Boolean> backward(Net net) {
        return net.layerNames().stream().map(name -> net.layerNeedsBackward(net.layerIndex(name))).toList();
    }
}
