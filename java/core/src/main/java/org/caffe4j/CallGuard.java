package org.caffe4j;

import java.lang.ref.Reference;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.Supplier;

/**
 * Lets one thread at a time into an object that is confined to one caller, such as a {@link Net}, and lets its owner close it once
 * nobody is inside. Calls may nest on one thread.
 */
public final class CallGuard {
    private final ReentrantLock lock = new ReentrantLock();
    private final String what;
    private final CallGuard outer;
    private volatile Thread inside;
    private boolean closed;

    /**
     * @param what names the object in messages, as in {@code "Net 'lenet'"}
     */
    public CallGuard(String what) {
        this(what, null);
    }

    /** A guard whose calls also enter {@code outer}, which guards what several such objects use together. */
    public CallGuard(String what, CallGuard outer) {
        this.what = what;
        this.outer = outer;
    }

    /**
     * Runs a call and keeps {@code owner} reachable meanwhile.
     *
     * @throws IllegalStateException if another thread is inside, or after {@link #close}
     */
    public <T> T call(Object owner, Supplier<T> call) {
        if (!lock.tryLock()) {
            Thread other = inside;
            throw new IllegalStateException(what + " is in use by "
                    + (other == null ? "another thread" : "thread '" + other.getName() + "'")
                    + ". It serves one caller at a time: make one for each thread.");
        }
        try {
            if (closed) {
                throw new IllegalStateException(what + " is closed.");
            }
            inside = Thread.currentThread();
            return outer == null ? call.get() : outer.call(owner, call);
        } finally {
            if (lock.getHoldCount() == 1) {
                inside = null;
            }
            lock.unlock();
            Reference.reachabilityFence(owner);
        }
    }

    /** As {@link #call}, for a call without a result. */
    public void run(Object owner, Runnable call) {
        call(owner, () -> {
            call.run();
            return null;
        });
    }

    /**
     * Waits for the thread inside, then runs {@code free}; does nothing the second time.
     *
     * @throws IllegalStateException if called from inside a call
     */
    public void close(Runnable free) {
        if (lock.isHeldByCurrentThread()) {
            throw new IllegalStateException(what + " cannot be closed from inside its own call.");
        }
        lock.lock();
        try {
            if (!closed) {
                closed = true;
                free.run();
            }
        } finally {
            lock.unlock();
        }
    }
}
