package org.caffe4j.optimize;

/**
 * One step of an inference plan: a primitive, a conversion between layouts, or a layer that runs itself.
 *
 * @param layer the layer that it belongs to; layers merged into it are not named
 * @param kernel what computes it, as oneDNN names it; "reorder …" for a conversion, "layer" for a layer that runs itself
 * @param nanos its time in nanoseconds, 0 where none was taken
 */
public record PlanStep(String layer, String kernel, long nanos) {
    PlanStep(String layer, String kernel) {
        this(layer, kernel, 0);
    }

    PlanStep timed(long time) {
        return new PlanStep(layer, kernel, time);
    }
}
