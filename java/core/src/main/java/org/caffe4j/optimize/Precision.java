package org.caffe4j.optimize;

import org.caffe4j.natives.Native;

/**
 * The type of weights, and of values between layers, in an optimised net. Inputs, outputs, blobs that are kept, biases, softmax and whatever
 * comes behind the last convolution or inner product are 32-bit floats always. On a GPU everything is: a net that asks for less there uses floats,
 * and says so in the log.
 */
public enum Precision {
    /** 32-bit floats. */
    F32(Native.PLAN_F32),
    /**
     * bfloat16: the range of a float with 8 significant bits. Sums are kept as floats; what Winograd's algorithm multiplies has 14 and 15 bits,
     * with scales. Half the memory, and up to twice the speed on processors with AVX512_BF16 or AMX; elsewhere a net that asks for it uses
     * floats, and says so in the log.
     */
    BF16(Native.PLAN_BF16),
    /**
     * Integers of 8 bits, where convolutions and inner products multiply: weights with a scale for each output channel, values with one for
     * all, unsigned behind a ReLU. Sums are integers of 32 bits, so that nothing but the rounding of weights and values is lost. Pooling MAX and
     * Concat pass integers on; what else a net computes (LRN, pooling AVE, Softmax, layers that run themselves), and what a processor has no
     * kernel for, is float ({@link PlanStep#precision()} tells). The scales come from sample inputs, {@link OptimizeOptions#calibration}. A
     * quarter of the memory for weights, and less time on processors with VNNI or AMX; elsewhere a net that asks for it
     * uses floats, and says so in the log.
     */
    INT8(Native.PLAN_INT8);

    final int code;

    Precision(int code) {
        this.code = code;
    }

    /** The precision of a number of the native library. */
    static Precision of(int code) {
        for (Precision precision : values()) {
            if (precision.code == code) {
                return precision;
            }
        }
        throw new IllegalArgumentException("there is no precision " + code);
    }

    /** Whether the processor has instructions for it. */
    public boolean isFast() {
        return Native.plan_precision_is_fast(code);
    }
}
