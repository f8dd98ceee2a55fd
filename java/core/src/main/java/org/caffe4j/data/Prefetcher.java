package org.caffe4j.data;

import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.List;
import java.util.Queue;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;
import org.caffe4j.CaffeException;
import org.caffe4j.DataException;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Fills batches ahead of their use in daemon threads of its own: the consumer takes them in order and gives them back. There are never
 * more filled batches than batches given to the constructor.
 *
 * <p>The items of all batches are read from the source one after another, each by the thread that is free, and what remains to be done for
 * an item is done by that thread while others read and work on the next. So everything that depends on the order of items belongs into
 * {@link Source#next}, everything that takes time into the {@link Work} that it returns.
 *
 * <p>An exception of an item ends the reading and reaches the consumer, after the batches before the item's, at every further
 * {@link #take}; of several it is that of the first item. {@link #take} and {@link #release} belong to one consumer thread; {@link #close}
 * may be called by any.
 *
 * @param <B> what is filled; its contents pass from thread to thread with it
 */
public final class Prefetcher<B> implements AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(Prefetcher.class);
    private static final int WAITS_A_LINE = 1000;

    /** Where items come from. */
    @FunctionalInterface
    public interface Source<B> {
        /**
         * Reads the next item, number {@code index} of {@code batch}: in order, never two at a time.
         *
         * @param thread number of the thread that reads it and then does its work, from 0 on
         */
        Work next(B batch, int index, int thread) throws Exception;
    }

    /** The rest of an item's way into its batch. */
    @FunctionalInterface
    public interface Work {
        /** Runs beside the work of other items; those before it have been read already, so it may wait for them, but not for later ones. */
        void run() throws Exception;
    }

    private static final class Filling<B> {
        final B batch;
        int read;
        int unfinished;
        RuntimeException failure;
        int failedItem;

        Filling(B batch) {
            this.batch = batch;
        }
    }

    private final String name;
    private final int batchSize;
    private final Source<B> source;
    private final List<Thread> threads = new ArrayList<>();
    /** Held while an item is read from the source; taken before {@link #lock}. */
    private final ReentrantLock reading = new ReentrantLock();
    /** Guards everything below. */
    private final ReentrantLock lock = new ReentrantLock();
    private final Condition mayRead = lock.newCondition();
    private final Condition mayTake = lock.newCondition();
    private final Queue<B> free;
    /** In the order of reading; the last one may not be read to its end yet. */
    private final Queue<Filling<B>> fillings = new ArrayDeque<>();
    private Filling<B> current;
    private boolean failed;
    private boolean closed;
    private long waits;

    /**
     * Starts filling.
     *
     * @param name of the threads
     * @param threadCount how many
     * @param batches at least one
     * @param batchSize items in a batch
     */
    public Prefetcher(String name, int threadCount, List<B> batches, int batchSize, Source<B> source) {
        if (threadCount < 1 || batches.isEmpty() || batchSize < 1) {
            throw new IllegalArgumentException("nothing to do for " + name + " with " + threadCount + " threads, " + batches.size()
                + " batches of " + batchSize + " items");
        }
        this.name = name;
        this.batchSize = batchSize;
        this.source = source;
        this.free = new ArrayDeque<>(batches);
        for (int i = 0; i < threadCount; i++) {
            int number = i;
            Thread thread = new Thread(() -> run(number), threadCount == 1 ? name : name + " " + (i + 1));
            thread.setDaemon(true);
            threads.add(thread);
        }
        threads.forEach(Thread::start);
    }

    private void run(int thread) {
        while (true) {
            Filling<B> filling;
            int item;
            Work work = null;
            reading.lock();
            try {
                filling = nextFilling();
                if (filling == null) {
                    return;
                }
                item = filling.read - 1;
                try {
                    work = source.next(filling.batch, item, thread);
                } catch (Throwable e) { // the consumer waits for an answer, whatever happens here
                    finish(filling, item, e);
                }
            } finally {
                reading.unlock();
            }
            if (work != null) {
                try {
                    work.run();
                    finish(filling, item, null);
                } catch (Throwable e) {
                    finish(filling, item, e);
                }
            }
        }
    }

    /** The batch that the next item belongs to, counted as read already; waits for a free batch; null if there is nothing more to read. */
    private Filling<B> nextFilling() {
        lock.lock();
        try {
            while (!closed && !failed) {
                if (current == null && !free.isEmpty()) {
                    current = new Filling<>(free.remove());
                    fillings.add(current);
                }
                if (current != null) {
                    Filling<B> filling = current;
                    filling.read++;
                    filling.unfinished++;
                    if (filling.read == batchSize) {
                        current = null;
                    }
                    return filling;
                }
                mayRead.awaitUninterruptibly();
            }
            return null;
        } finally {
            lock.unlock();
        }
    }

    private void finish(Filling<B> filling, int item, Throwable problem) {
        lock.lock();
        try {
            filling.unfinished--;
            if (problem != null && (filling.failure == null || item < filling.failedItem)) {
                filling.failure = problem instanceof CaffeException e ? e : new DataException(name + " failed: " + problem, problem);
                filling.failedItem = item;
                failed = true;
                mayRead.signalAll();
            }
            if (isDone(filling)) {
                mayTake.signal();
            }
        } finally {
            lock.unlock();
        }
    }

    private boolean isDone(Filling<B> filling) {
        return filling != null && filling.unfinished == 0 && (filling.read == batchSize || filling.failure != null);
    }

    /**
     * The next filled batch; waits for it.
     *
     * @throws CaffeException that the source or an item's work threw
     * @throws IllegalStateException after close
     */
    public B take() {
        lock.lock();
        try {
            if (!closed && !isDone(fillings.peek())) {
                if (waits % WAITS_A_LINE == 0) {
                    LOG.info("Waiting for data");
                }
                waits++;
            }
            while (!closed && !isDone(fillings.peek())) {
                mayTake.await();
            }
            if (closed) {
                throw new IllegalStateException(name + " is closed");
            }
            if (fillings.element().failure != null) {
                throw fillings.element().failure;
            }
            return fillings.remove().batch;
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IllegalStateException("interrupted while waiting for " + name, e);
        } finally {
            lock.unlock();
        }
    }

    /** How often {@link #take} had to wait so far. */
    public long waits() {
        lock.lock();
        try {
            return waits;
        } finally {
            lock.unlock();
        }
    }

    /** Gives back a batch that was taken, to be filled again. */
    public void release(B batch) {
        lock.lock();
        try {
            free.add(batch);
            mayRead.signal();
        } finally {
            lock.unlock();
        }
    }

    /**
     * Stops the threads and waits for their end, which comes when each has finished its item; afterwards nothing touches the batches or the
     * source any more. Threads are not interrupted: that would close files that the source goes on to use. Idempotent.
     */
    @Override
    public void close() {
        lock.lock();
        try {
            closed = true;
            mayRead.signalAll();
            mayTake.signalAll();
        } finally {
            lock.unlock();
        }
        boolean interrupted = false;
        for (Thread thread : threads) {
            while (thread.isAlive()) {
                try {
                    thread.join();
                } catch (InterruptedException e) {
                    interrupted = true;
                }
            }
        }
        if (interrupted) {
            Thread.currentThread().interrupt();
        }
    }
}
