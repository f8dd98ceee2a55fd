package org.caffe4j;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicReference;
import org.junit.jupiter.api.Test;

/** Callbacks around layers, and which thread may call or close a net. */
class NetCallsTest extends NetFixture {
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
}
