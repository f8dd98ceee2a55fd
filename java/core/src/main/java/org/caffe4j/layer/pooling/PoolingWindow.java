package org.caffe4j.layer.pooling;

import org.caffe4j.NetDefinitionException;
import org.caffe4j.ShapeException;
import org.caffe4j.proto.PoolingParameter;

/**
 * The window that a pooling_param describes and the number of its places in an image. Kernel sizes are 0 where the window is the whole
 * image.
 *
 * @param ceil whether the last window may reach beyond the image
 */
record PoolingWindow(long kernelH, long kernelW, long strideH, long strideW, long padH, long padW, boolean ceil) {

    /**
     * Reads and checks the fields.
     *
     * @param where how messages begin
     */
    static PoolingWindow of(PoolingParameter p, String where) {
        boolean bothKernels = p.hasKernelH() && p.hasKernelW();
        boolean anyKernel = p.hasKernelH() || p.hasKernelW();
        boolean ceil = p.getRoundMode() == PoolingParameter.RoundMode.CEIL;
        require(p.hasStrideH() == p.hasStrideW() && !(p.hasStride() && p.hasStrideH()), where, "Stride is stride OR stride_h and stride_w.");
        require(p.hasPadH() == p.hasPadW() && !(p.hasPad() && p.hasPadH()), where, "pad is pad OR pad_h and pad_w.");
        long strideH = Integer.toUnsignedLong(p.hasStrideH() ? p.getStrideH() : p.getStride());
        long strideW = Integer.toUnsignedLong(p.hasStrideW() ? p.getStrideW() : p.getStride());
        long padH = Integer.toUnsignedLong(p.hasPadH() ? p.getPadH() : p.getPad());
        long padW = Integer.toUnsignedLong(p.hasPadW() ? p.getPadW() : p.getPad());
        if (p.getGlobalPooling()) {
            require(!p.hasKernelSize() && !anyKernel, where, "with global_pooling: true the kernel is the image: give no kernel size");
            require(padH == 0 && padW == 0 && strideH == 1 && strideW == 1, where, "with global_pooling: true only pad 0 and stride 1 make sense");
            return new PoolingWindow(0, 0, 1, 1, 0, 0, ceil);
        }
        require(p.hasKernelSize() != anyKernel, where, "Filter size is kernel_size OR kernel_h and kernel_w; not both");
        require(p.hasKernelSize() || bothKernels, where, "for windows that are not square both kernel_h and kernel_w are needed");
        long kernelH = Integer.toUnsignedLong(p.hasKernelSize() ? p.getKernelSize() : p.getKernelH());
        long kernelW = Integer.toUnsignedLong(p.hasKernelSize() ? p.getKernelSize() : p.getKernelW());
        require(kernelH > 0 && kernelW > 0, where, "Filter dimensions cannot be zero.");
        require(strideH > 0 && strideW > 0, where, "Stride dimensions cannot be zero.");
        require(Math.max(Math.max(kernelH, kernelW), Math.max(strideH, strideW)) <= Integer.MAX_VALUE, where,
                "kernel and stride may be at most " + Integer.MAX_VALUE + " (kernel " + kernelH + " x " + kernelW + ", stride " + strideH + " x "
                        + strideW + ")");
        if (padH != 0 || padW != 0) {
            require(p.getPool() != PoolingParameter.PoolMethod.STOCHASTIC, where, "Padding implemented only for average and max pooling.");
            require(padH < kernelH && padW < kernelW, where, "the pad must be smaller than the kernel (pad " + padH + " x " + padW + ", kernel "
                    + kernelH + " x " + kernelW + ")");
        }
        return new PoolingWindow(kernelH, kernelW, strideH, strideW, padH, padW, ceil);
    }

    private static void require(boolean ok, String where, String message) {
        if (!ok) {
            throw new NetDefinitionException(where + message);
        }
    }

    /** This window, or for global pooling the one that is the whole image. */
    PoolingWindow over(long height, long width) {
        return kernelH == 0 ? new PoolingWindow(height, width, 1, 1, 0, 0, ceil) : this;
    }

    /** Places of the window along the height. */
    long outputHeight(long height, String where) {
        return output(height, kernelH, strideH, padH, where);
    }

    /** Places of the window along the width. */
    long outputWidth(long width, String where) {
        return output(width, kernelW, strideW, padW, where);
    }

    /** round((size + 2·pad − kernel) / stride) + 1, less one if padding exists and the last window began beyond the padded image. */
    private long output(long size, long kernel, long stride, long pad, String where) {
        long room = size + 2 * pad - kernel;
        long out = (ceil ? -Math.floorDiv(-room, stride) : Math.floorDiv(room, stride)) + 1;
        if ((padH != 0 || padW != 0) && (out - 1) * stride >= size + pad) {
            out--;
        }
        if (out < 1) {
            throw new ShapeException(where + "a window of " + kernel + " with stride " + stride + " and pad " + pad + " has no place in an image of "
                    + size + " (use a smaller kernel or a larger image)");
        }
        return out;
    }
}
