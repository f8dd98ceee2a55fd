package org.caffe4j.data;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.IntStream;
import org.caffe4j.CapturedLog;
import org.caffe4j.DataException;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

@Timeout(60)
class PrefetcherTest {
    private static final int SIZE = 3;

    private static List<int[]> batches(int count) {
        List<int[]> batches = new ArrayList<>();
        for (int i = 0; i < count; i++) {
            batches.add(new int[SIZE]);
        }
        return batches;
    }

    private static Prefetcher<int[]> prefetcher(int threads, int batches, Prefetcher.Source<int[]> source) {
        return new Prefetcher<>("test", threads, batches(batches), SIZE, source);
    }

    private static long running() {
        return Thread.getAllStackTraces().keySet().stream().filter(thread -> thread.getName().startsWith("test")).count();
    }

    @ParameterizedTest
    @ValueSource(ints = {1, 2, 5})
    void keepsTheOrderHoweverTheThreadsRun(int threads) {
        int[] next = {0};
        try (Prefetcher<int[]> prefetcher = prefetcher(threads, 4, (batch, index, thread) -> {
            int value = next[0]++; // no lock: items are read one at a time
            return () -> {
                for (int i = 0; i < value * 7919 % 5; i++) {
                    Thread.yield();
                }
                assertTrue(thread >= 0 && thread < threads);
                batch[index] = value;
            };
        })) {
            for (int i = 0; i < 1000; i++) {
                int[] batch = prefetcher.take();
                assertArrayEquals(new int[] {SIZE * i, SIZE * i + 1, SIZE * i + 2}, batch);
                prefetcher.release(batch);
            }
        }
        assertEquals(0, running());
    }

    @Test
    void itemsAreWorkedOnAtTheSameTime() {
        CountDownLatch together = new CountDownLatch(SIZE);
        try (Prefetcher<int[]> prefetcher = prefetcher(SIZE, 1, (batch, index, thread) -> () -> {
            together.countDown();
            together.await();
        })) {
            prefetcher.take();
        }
    }

    @Test
    void fillsNoMoreThanItsBatches() throws Exception {
        AtomicInteger read = new AtomicInteger();
        CountDownLatch all = new CountDownLatch(3 * SIZE);
        try (Prefetcher<int[]> prefetcher = prefetcher(2, 3, (batch, index, thread) -> {
            read.incrementAndGet();
            return () -> all.countDown();
        })) {
            all.await();
            Thread.sleep(50);
            assertEquals(3 * SIZE, read.get());
            int[] held = prefetcher.take();
            Thread.sleep(50);
            assertEquals(3 * SIZE, read.get(), "a batch that is held is not filled");
            prefetcher.release(held);
            prefetcher.release(prefetcher.take());
        }
    }

    @ParameterizedTest
    @ValueSource(ints = {1, 2, 5})
    void theFirstFailureComesAfterTheBatchesBeforeItAndStays(int threads) {
        DataException failure = new DataException("item 7 is broken");
        int[] next = {0};
        try (Prefetcher<int[]> prefetcher = prefetcher(threads, 4, (batch, index, thread) -> {
            int value = next[0]++;
            return () -> {
                if (value == 7) {
                    for (int i = 0; i < 1000; i++) {
                        Thread.yield();
                    }
                    throw failure;
                } else if (value > 7) {
                    throw new DataException("a later one");
                }
                batch[index] = value;
            };
        })) {
            for (int i = 0; i < 2; i++) {
                int[] batch = prefetcher.take();
                assertEquals(SIZE * i, batch[0]);
                prefetcher.release(batch);
            }
            assertSame(failure, assertThrows(DataException.class, prefetcher::take));
            assertSame(failure, assertThrows(DataException.class, prefetcher::take));
        }
        assertEquals(0, running());
    }

    @Test
    void failuresOfTheSourceAndOtherExceptionsAreTold() {
        DataException failure = new DataException("no more");
        try (Prefetcher<int[]> prefetcher = prefetcher(2, 1, (batch, index, thread) -> {
            if (index == 1) {
                throw failure;
            }
            return () -> { };
        })) {
            assertSame(failure, assertThrows(DataException.class, prefetcher::take));
        }
        try (Prefetcher<int[]> prefetcher = prefetcher(2, 1, (batch, index, thread) -> () -> batch[7] = 1)) {
            DataException e = assertThrows(DataException.class, prefetcher::take);
            assertTrue(e.getMessage().contains("test") && e.getCause() instanceof ArrayIndexOutOfBoundsException, e.getMessage());
        }
    }

    @Test
    void closeWaitsForTheItemsInWorkAndDoesNotInterruptThem() throws Exception {
        CountDownLatch started = new CountDownLatch(2);
        CountDownLatch goOn = new CountDownLatch(1);
        AtomicInteger finished = new AtomicInteger();
        Prefetcher<int[]> prefetcher = prefetcher(2, 1, (batch, index, thread) -> () -> {
            started.countDown();
            goOn.await();
            finished.incrementAndGet();
        });
        started.await();
        Thread closing = new Thread(prefetcher::close);
        closing.start();
        closing.join(50);
        assertTrue(closing.isAlive());
        goOn.countDown();
        closing.join();
        prefetcher.close();
        assertEquals(2, finished.get());
        assertThrows(IllegalStateException.class, prefetcher::take);
        assertEquals(0, running());
    }

    @Test
    void closeWakesWhoWaits() throws Exception {
        Prefetcher<int[]> prefetcher = prefetcher(1, 1, (batch, index, thread) -> () -> { });
        prefetcher.take();
        CountDownLatch woken = new CountDownLatch(1);
        Thread waiting = new Thread(() -> {
            assertThrows(IllegalStateException.class, prefetcher::take);
            woken.countDown();
        });
        waiting.start();
        prefetcher.close();
        woken.await();
    }

    @Test
    void waitsAreCountedAndEveryThousandthIsLogged() {
        try (CapturedLog log = new CapturedLog(); Prefetcher<int[]> prefetcher = prefetcher(1, 1, (batch, index, thread) -> () -> { })) {
            int[] first = prefetcher.take();
            long before = prefetcher.waits();
            int batches = 0;
            prefetcher.release(first);
            while (prefetcher.waits() < before + 1000) {
                prefetcher.release(prefetcher.take());
                batches++;
            }
            assertTrue(batches >= 1000);
            long expected = IntStream.range(0, (int) prefetcher.waits()).filter(wait -> wait % 1000 == 0).count();
            assertEquals(expected, log.lines().stream().filter(line -> line.contains("Waiting for data")).count());
        }
    }
}
