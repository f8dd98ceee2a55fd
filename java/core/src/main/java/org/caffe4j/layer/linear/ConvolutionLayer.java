package org.caffe4j.layer.linear;

import java.util.List;
import org.caffe4j.Blob;
import org.caffe4j.Context;
import org.caffe4j.natives.EpilogueHandle;
import org.caffe4j.natives.Native;
import org.caffe4j.natives.TensorHandle;
import org.caffe4j.proto.LayerParameter;

/**
 * Cross-correlation of each bottom, N×C×spatial axes, with learned kernels, plus a bias for each output channel. Weight
 * [num_output, C/group, kernel…], bias [num_output]; output floor((in + 2·pad − (dilation·(kernel − 1) + 1)) / stride) + 1 an axis.
 *
 * <p>Fields: num_output, kernel_size (or kernel_h and kernel_w), stride [1], pad [0], dilation [1], group [1], bias_term [true], axis [1],
 * weight_filler, bias_filler, engine: DEFAULT takes oneDNN's kernels, CAFFE unrolls patches and multiplies matrices. force_nd_im2col
 * changes nothing here. Source: Caffe's Convolution.
 */
public final class ConvolutionLayer extends BaseConvolutionLayer {
    public ConvolutionLayer(LayerParameter param, Context context) {
        super(param, context);
    }

    @Override
    boolean transposed() {
        return false;
    }

    @Override
    public void forward(List<Blob> bottom, List<Blob> top) {
        for (int i = 0; i < bottom.size(); i++) {
            Native.convolution_forward(operation(), bottom.get(i).data().handle(), weight().data().handle(), biasData(),
                    top.get(i).data().handle());
        }
    }

    @Override
    public void forward(Blob bottom, Blob bias, Blob top, EpilogueHandle epilogue) {
        TensorHandle x = bottom.data().handle();
        TensorHandle y = top.data().handle();
        if (epilogue == null) {
            Native.convolution_forward(operation(), x, weight().data().handle(), handle(bias), y);
        } else {
            Native.convolution_forward_fused(operation(), x, weight().data().handle(), handle(bias), epilogue, y);
        }
    }

    @Override
    public void backward(List<Blob> top, boolean[] propagateDown, List<Blob> bottom) {
        for (int i = 0; i < top.size(); i++) {
            Native.convolution_backward_weight(operation(), bottom.get(i).data().handle(), top.get(i).diff().handle(), weightDiff(), biasDiff());
            if (propagateDown[i]) {
                Native.convolution_backward_data(operation(), top.get(i).diff().handle(), weight().data().handle(), null,
                        bottom.get(i).diff().handle());
            }
        }
    }

    /** The kernel that computed last, as oneDNN names it, or "im2col"; for reports. */
    public String implementation() {
        return Native.convolution_implementation(operation()).getString();
    }
}
