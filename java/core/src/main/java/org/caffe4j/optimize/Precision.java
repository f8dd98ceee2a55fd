package org.caffe4j.optimize;

import org.caffe4j.natives.Native;

/**
 * The type of weights, and of values between layers, in an optimised net. Inputs, outputs, blobs that are kept, biases, softmax and whatever
 * comes behind the last convolution or inner product are 32-bit floats always.
 */
public enum Precision {
    /** 32-bit floats. */
    F32(Native.PLAN_F32),
    /**
     * bfloat16: the range of a float with 8 significant bits. Sums are kept as floats. Half the memory, and up to twice the speed on
     * processors with AVX512_BF16 or AMX; elsewhere a net that asks for it uses floats, and says so in the log.
     */
    BF16(Native.PLAN_BF16);

    final int code;

    Precision(int code) {
        this.code = code;
    }

    /** Whether the processor has instructions for it. */
    public boolean isFast() {
        return Native.plan_precision_is_fast(code);
    }
}
