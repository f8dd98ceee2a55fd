package org.caffe4j.optimize;

import org.caffe4j.Timer;

/**
 * One step of an inference plan: a primitive, a conversion between layouts, or a layer that runs itself.
 *
 * @param layer the layer that it belongs to; layers merged into it are not named
 * @param kernel what computes it, as oneDNN names it; "reorder …" for a conversion, "layer" for a layer that runs itself; on a GPU also "layer,
 *     fused" for one with what follows it, "epilogue" for a pass over values, "copy" and "crop"
 * @param precision the type of what it reads: {@link Precision#INT8} for a convolution that multiplies integers
 * @param nanos its time in nanoseconds, 0 where none was taken
 */
public record PlanStep(String layer, String kernel, Precision precision, long nanos) {
    PlanStep(String layer, String kernel, Precision precision) {
        this(layer, kernel, precision, 0);
    }

    PlanStep(String layer, String kernel) {
        this(layer, kernel, Precision.F32);
    }

    PlanStep timed(long time) {
        return new PlanStep(layer, kernel, precision, time);
    }

    /** With the time that a timer has run. */
    PlanStep timed(Timer timer) {
        return timed(Math.round(timer.milliseconds() * 1e6));
    }
}
