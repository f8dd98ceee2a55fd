package org.caffe4j.data;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTimeoutPreemptively;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.time.Duration;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicInteger;
import org.caffe4j.DataException;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(30)
class PrefetcherTest {

    @Test
    void keepsTheOrder() {
        AtomicInteger next = new AtomicInteger();
        try (Prefetcher<int[]> prefetcher = new Prefetcher<>("test order", List.of(new int[1], new int[1], new int[1]),
            buffer -> buffer[0] = next.getAndIncrement())) {
            for (int i = 0; i < 1000; i++) {
                int[] buffer = prefetcher.take();
                assertEquals(i, buffer[0]);
                prefetcher.release(buffer);
            }
        }
    }

    @Test
    void fillsNoMoreThanItsBuffers() throws Exception {
        AtomicInteger filled = new AtomicInteger();
        CountDownLatch three = new CountDownLatch(3);
        try (Prefetcher<int[]> prefetcher = new Prefetcher<>("test depth", List.of(new int[1], new int[1], new int[1]), buffer -> {
            filled.incrementAndGet();
            three.countDown();
        })) {
            three.await();
            Thread.sleep(50);
            assertEquals(3, filled.get());
            int[] held = prefetcher.take();
            Thread.sleep(50);
            assertEquals(3, filled.get(), "a buffer that is held is not filled");
            prefetcher.release(held);
            prefetcher.release(prefetcher.take());
        }
    }

    @Test
    void failureComesAfterWhatWasFilledAndStays() {
        AtomicInteger next = new AtomicInteger();
        DataException failure = new DataException("record 2 is broken");
        try (Prefetcher<int[]> prefetcher = new Prefetcher<>("test failure", List.of(new int[1], new int[1]), buffer -> {
            if (next.get() == 2) {
                throw failure;
            }
            buffer[0] = next.getAndIncrement();
        })) {
            for (int i = 0; i < 2; i++) {
                int[] buffer = prefetcher.take();
                assertEquals(i, buffer[0]);
                prefetcher.release(buffer);
            }
            assertSame(failure, assertThrows(DataException.class, prefetcher::take));
            assertSame(failure, assertThrows(DataException.class, prefetcher::take));
        }
    }

    @Test
    void otherExceptionsBecomeDataExceptions() {
        try (Prefetcher<int[]> prefetcher = new Prefetcher<>("test other", List.of(new int[1]), buffer -> buffer[7] = 1)) {
            DataException e = assertThrows(DataException.class, prefetcher::take);
            assertTrue(e.getMessage().contains("test other") && e.getCause() instanceof ArrayIndexOutOfBoundsException, e.getMessage());
        }
    }

    @Test
    void closeInterruptsALongFilling() {
        CountDownLatch started = new CountDownLatch(1);
        Prefetcher<int[]> prefetcher = new Prefetcher<>("test close", List.of(new int[1]), buffer -> {
            started.countDown();
            Thread.sleep(60_000);
        });
        assertTimeoutPreemptively(Duration.ofSeconds(10), () -> {
            started.await();
            prefetcher.close();
            prefetcher.close();
        });
        assertThrows(IllegalStateException.class, prefetcher::take);
        assertTrue(Thread.getAllStackTraces().keySet().stream().noneMatch(t -> t.getName().equals("test close")));
    }
}
