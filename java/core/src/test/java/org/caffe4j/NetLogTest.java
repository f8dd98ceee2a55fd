package org.caffe4j;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.util.List;
import org.junit.jupiter.api.Test;

/** What a net logs. */
class NetLogTest extends NetFixture {
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
}
