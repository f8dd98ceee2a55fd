package org.caffe4j.layer.linear;

import java.util.List;
import org.caffe4j.Blob;
import org.caffe4j.Context;
import org.caffe4j.ShapeException;
import org.caffe4j.layer.UnaryLayer;
import org.caffe4j.natives.Native;
import org.caffe4j.proto.LayerParameter;

/**
 * Unrolls the patches that a convolution with the same convolution_param would see: N×C×spatial → N×(C·kernel points)×output positions,
 * kernel offsets fastest within a channel. Gradient: every input value gets the sum over its copies. Source: Caffe's Im2col.
 */
public final class Im2colLayer extends UnaryLayer {
    private ConvolutionWindow window;
    private int numAxes;

    public Im2colLayer(LayerParameter param, Context context) {
        super(param, context);
    }

    @Override
    public void setUp(List<Blob> bottom, List<Blob> top) {
        window = ConvolutionWindow.of(param().getConvolutionParam(), bottom.get(0), where(), 1);
        numAxes = bottom.get(0).numAxes();
    }

    @Override
    public void reshape(List<Blob> bottom, List<Blob> top) {
        Blob x = bottom.get(0);
        if (x.numAxes() != numAxes) {
            throw new ShapeException(where() + "bottom num_axes may not change: it was " + numAxes + ", bottom now has shape " + x.shapeString());
        }
        long[] shape = x.shape();
        for (long k : window.kernel()) {
            shape[window.channelAxis()] *= k;
        }
        System.arraycopy(window.convolved(x, where()), 0, shape, window.channelAxis() + 1, window.axes());
        top.get(0).reshape(shape);
    }

    @Override
    public void forward(List<Blob> bottom, List<Blob> top) {
        Native.im2col_forward(bottom.get(0).data().handle(), top.get(0).data().handle(), window.kernel(), window.stride(), window.pad(),
                window.dilation(), window.axes());
    }

    @Override
    public void backward(List<Blob> top, boolean[] propagateDown, List<Blob> bottom) {
        if (propagateDown[0]) {
            Native.im2col_backward(top.get(0).diff().handle(), bottom.get(0).diff().handle(), window.kernel(), window.stride(), window.pad(),
                    window.dilation(), window.axes());
        }
    }
}
