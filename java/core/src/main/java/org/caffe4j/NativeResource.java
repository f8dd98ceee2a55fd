package org.caffe4j;

import java.lang.ref.Cleaner;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.Consumer;
import org.bytedeco.javacpp.Pointer;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Owner of one native object: frees it once, on {@link #close()}. What is never closed is freed after the garbage collector found it,
 * and a warning then names the leak; with the system property {@code caffe4j.leaks=trace} it also shows where the object was made.
 *
 * <p>close() may be called any number of times from any thread; the native object must not be in use by another thread then.
 *
 * @param <H> the handle's class
 */
public final class NativeResource<H extends Pointer> implements AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(NativeResource.class);
    private static final Cleaner CLEANER = Cleaner.create();
    private static final boolean TRACE = "trace".equals(System.getProperty("caffe4j.leaks"));

    private final String what;
    private final State<H> state;
    private final Cleaner.Cleanable cleanable;

    /**
     * @param owner the public object whose garbage collection means a leak
     * @param what its kind, for messages
     * @param handle the native object, owned from now on
     * @param destroy frees the native object
     */
    public NativeResource(Object owner, String what, H handle, Consumer<H> destroy) {
        this.what = what;
        this.state = new State<>(what, handle, destroy, TRACE ? new Throwable(what + " made here") : null);
        this.cleanable = CLEANER.register(owner, state);
    }

    /** The native object. Keep the owner reachable while it is in use. */
    public H get() {
        H handle = state.handle.get();
        if (handle == null) {
            throw new IllegalStateException("this " + what + " is closed");
        }
        return handle;
    }

    public boolean isClosed() {
        return state.handle.get() == null;
    }

    @Override
    public void close() {
        state.closed = true;
        cleanable.clean();
    }

    private static final class State<H extends Pointer> implements Runnable {
        private final String what;
        private final AtomicReference<H> handle;
        private final Consumer<H> destroy;
        private final Throwable made;
        private volatile boolean closed;

        State(String what, H handle, Consumer<H> destroy, Throwable made) {
            this.what = what;
            this.handle = new AtomicReference<>(handle);
            this.destroy = destroy;
            this.made = made;
        }

        @Override
        public void run() {
            H h = handle.getAndSet(null);
            if (h == null) {
                return;
            }
            if (!closed) {
                LOG.warn("a {} was never closed; its native memory is freed by the garbage collector{}", what,
                        TRACE ? "" : " (-Dcaffe4j.leaks=trace shows where it was made)", made);
            }
            destroy.accept(h);
        }
    }
}
