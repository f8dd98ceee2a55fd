package org.caffe4j.optimize;

import java.util.List;
import java.util.OptionalInt;
import java.util.function.Supplier;
import org.caffe4j.Blob;
import org.caffe4j.natives.Native;

/**
 * What a layer computes in phase TEST, as far as an inference plan can compute it too. A layer describes itself so
 * ({@link org.caffe4j.layer.Layer#operation}); one that does not runs by itself between pieces of the plan. Independent of shapes, which may
 * change between runs. Blobs are the layer's learned ones.
 */
public sealed interface Operation {
    /** False for what plans compute only where {@link Native#plan_has_all_kernels}. */
    default boolean isForEveryProcessor() {
        return true;
    }

    /** Convolution over 1 to 3 spatial axes behind axis 1, or its transpose; {@code bias} may be null. Arrays have a number a spatial axis. */
    record Convolution(Blob weight, Blob bias, long outputs, long group, long[] kernel, long[] stride, long[] pad, long[] dilation,
            boolean transposed) implements Operation {
    }

    /** x·Wᵀ + b over the axes from 1 on; W is [outputs, K], or [K, outputs] where {@code transposed}. */
    record InnerProduct(Blob weight, Blob bias, long outputs, boolean transposed) implements Operation {
    }

    /** MAX or AVE pooling ({@code method} as in pooling.h); a kernel of 0 is the whole image. */
    record Pooling(int method, long kernelH, long kernelW, long strideH, long strideW, long padH, long padW) implements Operation {
    }

    /** Local response normalization; {@code region} as in lrn.h. */
    record Lrn(int region, long size, float alpha, float beta, float k) implements Operation {
    }

    record Softmax(int axis) implements Operation {
    }

    record Concat(int axis) implements Operation {
    }

    /**
     * The part of the first input that begins at {@code offset}, one number an axis, and has the output's shape; the offset is asked for after
     * the layer was given shapes. A further input only says how large the part is.
     */
    record Part(Supplier<long[]> offset) implements Operation {
    }

    /** A part of the input for each of several outputs. */
    record Parts(List<Part> parts) implements Operation {
    }

    /** Inputs of one shape combined: {@code combination} as in plan.h; {@code coeff} may be null, for 1 each. */
    record Eltwise(int combination, float[] coeff) implements Operation {
    }

    /**
     * The first input combined ({@code combination} as in plan.h: sum or product) with an operand whose shape is that of the input's axes from
     * {@code axis} on, repeated over the others: the second input, or the learned {@code operand}, which is null then. The learned {@code shift},
     * of the operand's shape, is added; null for none.
     */
    record Broadcast(int combination, int axis, Blob operand, Blob shift) implements Operation {
        @Override
        public boolean isForEveryProcessor() {
            return false;
        }
    }

    /** The axes from {@code axis} on to one value ({@code operation} as in reduction.h), times {@code coeff}, over their count for a mean. */
    record Reduction(int operation, int axis, float coeff, boolean mean) implements Operation {
    }

    record Tile(int axis, int tiles) implements Operation {
    }

    /** The largest along an axis, or without one of all behind axis 0: their indices, if {@code indices}, then they, if {@code values}. */
    record ArgMax(OptionalInt axis, long topK, boolean indices, boolean values) implements Operation {
    }

    /** Mean-variance normalization of each channel of each image, or of images. */
    record Mvn(boolean acrossChannels, boolean normalizeVariance, float eps) implements Operation {
    }

    /** A function of one value, as in plan.h and elementwise.h. */
    record Activation(int function, float a, float b, float c) implements Operation {
        @Override
        public boolean isForEveryProcessor() {
            return function != Native.ELEMENTWISE_LOG && (function != Native.ELEMENTWISE_POWER || a == 1);
        }
    }

    /** A slope for each channel, or one for all, for values below 0. */
    record PRelu(Blob slope) implements Operation {
    }

    /** scale·x + shift for each channel (axis 1); the values are asked for once, when weights are frozen. */
    record Affine(Supplier<float[]> scale, Supplier<float[]> shift) implements Operation {
    }

    /** Nothing: the outputs are written from outside. */
    record Source() implements Operation {
    }

    /** The outputs, if there are any, are the input. */
    record Identity() implements Operation {
    }

    /** The input's values with another shape. */
    record View() implements Operation {
    }
}
