package org.caffe4j.tools;

import java.util.ArrayDeque;
import java.util.Deque;
import java.util.List;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.function.Function;
import org.caffe4j.CaffeException;

/** Works on the items of a list in several threads and takes the results in the order of the list in the caller's. */
final class InOrder {
    private static final int AHEAD_OF_EACH = 4;

    private InOrder() {}

    /** Takes a result. */
    @FunctionalInterface
    interface Taker<R> {
        void take(int index, R result);
    }

    /**
     * Runs to the end of the list, or until the work or the taker throws, which comes out here; then nothing is worked on any more.
     *
     * @param threads 0 for one a processor; at most {@value #AHEAD_OF_EACH} results for each wait to be taken
     */
    static <T, R> void run(List<T> items, int threads, Function<T, R> work, Taker<R> taker) {
        int workers = threads > 0 ? threads : Runtime.getRuntime().availableProcessors();
        ExecutorService pool = Executors.newFixedThreadPool(workers, task -> {
            Thread thread = new Thread(task, "caffe4j worker");
            thread.setDaemon(true);
            return thread;
        });
        try {
            Deque<Future<R>> waiting = new ArrayDeque<>();
            int submitted = 0;
            for (int taken = 0; taken < items.size(); taken++) {
                while (submitted < items.size() && waiting.size() < AHEAD_OF_EACH * workers) {
                    T item = items.get(submitted++);
                    waiting.add(pool.submit(() -> work.apply(item)));
                }
                taker.take(taken, result(waiting.remove()));
            }
        } finally {
            pool.shutdownNow();
        }
    }

    private static <R> R result(Future<R> future) {
        try {
            return future.get();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new CaffeException("interrupted", e);
        } catch (ExecutionException e) {
            if (e.getCause() instanceof RuntimeException failure) {
                throw failure;
            }
            if (e.getCause() instanceof Error failure) {
                throw failure;
            }
            throw new CaffeException(String.valueOf(e.getCause()), e.getCause());
        }
    }
}
