package org.caffe4j.layer.linear;

import java.util.Arrays;
import java.util.List;
import org.caffe4j.Blob;
import org.caffe4j.NetDefinitionException;
import org.caffe4j.ShapeException;
import org.caffe4j.proto.ConvolutionParameter;

/**
 * The sliding window that a convolution_param describes for a bottom: which axis holds channels, and kernel, stride, pad and dilation
 * for each spatial axis behind it. Used by Convolution, Deconvolution and Im2col.
 *
 * @param channelAxis the axis with the channels; axes before it are the batch
 * @param kernel size along each spatial axis
 * @param stride step along each spatial axis
 * @param pad zeros on either side of each spatial axis
 * @param dilation distance of neighbouring kernel points along each spatial axis
 */
record ConvolutionWindow(int channelAxis, long[] kernel, long[] stride, long[] pad, long[] dilation) {

    /**
     * @param where how messages begin
     * @param minSpatialAxes least number of spatial axes that the layer takes
     */
    static ConvolutionWindow of(ConvolutionParameter p, Blob bottom, String where, int minSpatialAxes) {
        int channelAxis = bottom.canonicalAxis(p.getAxis());
        int axes = bottom.numAxes() - channelAxis - 1;
        if (axes < minSpatialAxes) {
            throw new ShapeException(where + "expected at least " + minSpatialAxes + " spatial axes behind axis " + channelAxis
                    + ", bottom has shape " + bottom.shapeString());
        }
        long[] kernel;
        if (p.hasKernelH() || p.hasKernelW()) {
            require(axes == 2, where + "kernel_h & kernel_w can only be used for 2D convolution.");
            require(p.getKernelSizeCount() == 0, where + "Either kernel_size or kernel_h/w should be specified; not both.");
            kernel = new long[] {unsigned(p.getKernelH()), unsigned(p.getKernelW())};
        } else {
            kernel = perAxis(p.getKernelSizeList(), axes, "kernel_size", where, -1);
        }
        for (long k : kernel) {
            require(k > 0, where + "Filter dimensions must be nonzero. (kernel is " + Arrays.toString(kernel) + ")");
        }
        long[] stride;
        if (p.hasStrideH() || p.hasStrideW()) {
            require(axes == 2, where + "stride_h & stride_w can only be used for 2D convolution.");
            require(p.getStrideCount() == 0, where + "Either stride or stride_h/w should be specified; not both.");
            stride = new long[] {unsigned(p.getStrideH()), unsigned(p.getStrideW())};
        } else {
            stride = perAxis(p.getStrideList(), axes, "stride", where, 1);
        }
        for (long s : stride) {
            require(s > 0, where + "Stride dimensions must be nonzero. (stride is " + Arrays.toString(stride)
                    + "; give both stride_h and stride_w)");
        }
        long[] pad;
        if (p.hasPadH() || p.hasPadW()) {
            require(axes == 2, where + "pad_h & pad_w can only be used for 2D convolution.");
            require(p.getPadCount() == 0, where + "Either pad or pad_h/w should be specified; not both.");
            pad = new long[] {unsigned(p.getPadH()), unsigned(p.getPadW())};
        } else {
            pad = perAxis(p.getPadList(), axes, "pad", where, 0);
        }
        long[] dilation = perAxis(p.getDilationList(), axes, "dilation", where, 1);
        for (long d : dilation) {
            require(d > 0, where + "dilation must be positive, got " + Arrays.toString(dilation));
        }
        return new ConvolutionWindow(channelAxis, kernel, stride, pad, dilation);
    }

    int axes() {
        return kernel.length;
    }

    /** Spatial output of a convolution over a bottom: floor((in + 2·pad − (dilation·(kernel − 1) + 1)) / stride) + 1 an axis. */
    long[] convolved(Blob bottom, String where) {
        long[] out = new long[axes()];
        for (int i = 0; i < out.length; i++) {
            long room = bottom.shape(channelAxis + 1 + i) + 2 * pad[i] - extent(i);
            if (room < 0) {
                throw new ShapeException(where + "the kernel covers " + extent(i) + " values along spatial axis " + i
                        + ", more than the input with its padding has (" + (room + extent(i)) + "); bottom has shape " + bottom.shapeString());
            }
            out[i] = room / stride[i] + 1;
        }
        return out;
    }

    /** Spatial output of a deconvolution: stride·(in − 1) + dilation·(kernel − 1) + 1 − 2·pad an axis. */
    long[] deconvolved(Blob bottom, String where) {
        long[] out = new long[axes()];
        for (int i = 0; i < out.length; i++) {
            out[i] = stride[i] * (bottom.shape(channelAxis + 1 + i) - 1) + extent(i) - 2 * pad[i];
            if (out[i] <= 0) {
                throw new ShapeException(where + "padding of " + pad[i] + " along spatial axis " + i + " leaves no output; bottom has shape "
                        + bottom.shapeString());
            }
        }
        return out;
    }

    private long extent(int axis) {
        return dilation[axis] * (kernel[axis] - 1) + 1;
    }

    private static long[] perAxis(List<Integer> values, int axes, String field, String where, long absent) {
        int count = values.size();
        require(count == axes || count == 1 || (count == 0 && (absent >= 0 || axes == 0)), where + field
                + " must be specified once, or once per spatial dimension (" + field + " specified " + count + " times; " + axes
                + " spatial dims).");
        long[] all = new long[axes];
        for (int i = 0; i < axes; i++) {
            all[i] = count == 0 ? absent : unsigned(values.get(count == 1 ? 0 : i));
        }
        return all;
    }

    private static long unsigned(int field) {
        return Integer.toUnsignedLong(field);
    }

    private static void require(boolean ok, String message) {
        if (!ok) {
            throw new NetDefinitionException(message);
        }
    }
}
