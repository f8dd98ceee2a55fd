package org.caffe4j.data;

import java.util.List;
import java.util.concurrent.ArrayBlockingQueue;
import java.util.concurrent.BlockingQueue;
import org.caffe4j.CaffeException;
import org.caffe4j.DataException;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Fills buffers ahead of their use in a daemon thread of its own: the consumer takes them in the order in which they were filled and gives
 * them back. There are never more filled buffers than buffers given to the constructor.
 *
 * <p>An exception of the source ends the thread and reaches the consumer, after the buffers filled before it, at every further
 * {@link #take}. {@link #take} and {@link #release} belong to one consumer thread; {@link #close} may be called by any.
 *
 * @param <B> what is filled; its contents pass from thread to thread with it
 */
public final class Prefetcher<B> implements AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(Prefetcher.class);
    private static final int WAITS_A_LINE = 1000;

    /** Fills a buffer with the next contents; called by the prefetch thread only. */
    @FunctionalInterface
    public interface Source<B> {
        /** @throws InterruptedException if the thread's interrupt was seen, which is how closing stops a long filling */
        void fill(B buffer) throws Exception;
    }

    private record Filled<B>(B buffer, RuntimeException failure) {
    }

    private final BlockingQueue<B> free;
    private final BlockingQueue<Filled<B>> filled;
    private final Thread thread;
    private volatile boolean closed;
    private RuntimeException failure;
    private long waits;

    /**
     * Starts filling.
     *
     * @param name of the thread
     * @param buffers at least one
     */
    public Prefetcher(String name, List<B> buffers, Source<B> source) {
        free = new ArrayBlockingQueue<>(buffers.size(), false, buffers);
        filled = new ArrayBlockingQueue<>(buffers.size() + 1);
        thread = new Thread(() -> run(source), name);
        thread.setDaemon(true);
        thread.start();
    }

    private void run(Source<B> source) {
        try {
            while (!closed) {
                B buffer = free.take();
                source.fill(buffer);
                filled.put(new Filled<>(buffer, null));
            }
        } catch (InterruptedException e) {
            end(new IllegalStateException("prefetching was interrupted", e));
        } catch (CaffeException e) {
            end(e);
        } catch (Throwable e) { // the consumer waits for an answer, whatever happens here
            end(new DataException(thread.getName() + " failed: " + e, e));
        }
    }

    private void end(RuntimeException e) {
        filled.add(new Filled<>(null, e));
    }

    /**
     * The next filled buffer; waits for it.
     *
     * @throws CaffeException that the source threw
     * @throws IllegalStateException after close
     */
    public B take() {
        if (closed) {
            throw new IllegalStateException(thread.getName() + " is closed");
        }
        if (failure == null) {
            Filled<B> next = filled.poll();
            if (next == null) {
                if (waits++ % WAITS_A_LINE == 0) {
                    LOG.info("Waiting for data");
                }
                try {
                    next = filled.take();
                } catch (InterruptedException e) {
                    Thread.currentThread().interrupt();
                    throw new IllegalStateException("interrupted while waiting for " + thread.getName(), e);
                }
            }
            if (next.failure == null) {
                return next.buffer;
            }
            failure = next.failure;
        }
        throw failure;
    }

    /** Gives back a buffer that was taken, to be filled again. */
    public void release(B buffer) {
        free.add(buffer);
    }

    /** Stops the thread and waits for its end; afterwards nothing touches the buffers or the source's resources. Idempotent. */
    @Override
    public void close() {
        closed = true;
        thread.interrupt();
        boolean interrupted = false;
        while (thread.isAlive()) {
            try {
                thread.join();
            } catch (InterruptedException e) {
                interrupted = true;
            }
        }
        if (interrupted) {
            Thread.currentThread().interrupt();
        }
    }
}
