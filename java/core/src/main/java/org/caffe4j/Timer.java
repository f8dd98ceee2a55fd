package org.caffe4j;

import org.caffe4j.natives.Native;
import org.caffe4j.natives.TimerHandle;

/**
 * Measures how long the work of a context takes. On a GPU events in its queue measure it, so that neither the work given before nor the
 * waiting of the host counts. Runs from when it is made; to be closed. Confined to one caller at a time. Source: Caffe's Timer.
 */
public final class Timer implements AutoCloseable {
    private final NativeResource<TimerHandle> handle;

    public Timer(Context context) {
        handle = new NativeResource<>(this, "Timer", NativeErrors.call(() -> Native.timer_create(context.handle())), Native::timer_destroy);
    }

    /** Measures from here on. */
    public void start() {
        NativeErrors.run(() -> Native.timer_start(handle.get()));
    }

    /** Milliseconds that the work given since the start has taken; waits until it is done. */
    public double milliseconds() {
        return NativeErrors.call(() -> Native.timer_milliseconds(handle.get()));
    }

    /** Frees the timer; further calls do nothing. */
    @Override
    public void close() {
        handle.close();
    }
}
