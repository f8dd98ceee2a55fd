package org.caffe4j.optimize;

import java.util.List;

/** A segment made ready for the shapes that its blobs have. */
interface ReadySegment extends AutoCloseable {
    /** Called before forward whenever the blobs have got the shapes that this is for, all layers being reshaped. */
    default void enter() {
    }

    /** True if it should be made again, because its weights have been packed otherwise since. */
    default boolean isOutdated() {
        return false;
    }

    void forward();

    /** As forward; adds each step with its time. */
    void forward(List<PlanStep> timed);

    List<PlanStep> steps();

    /** Conversions between memory layouts in one forward. */
    int reorders();

    /** Bytes for values between layers. */
    long arenaBytes();

    @Override
    void close();
}
