package org.caffe4j.layer.linear;

import java.util.List;
import org.caffe4j.Blob;
import org.caffe4j.Context;
import org.caffe4j.natives.EpilogueHandle;
import org.caffe4j.natives.Native;
import org.caffe4j.proto.LayerParameter;

/**
 * The transpose of {@link ConvolutionLayer}: every input value spreads a kernel over the output. Weight
 * [C, num_output/group, kernel…], bias [num_output]; output stride·(in − 1) + dilation·(kernel − 1) + 1 − 2·pad an axis. Fields as for
 * Convolution. Source: Caffe's Deconvolution.
 */
public final class DeconvolutionLayer extends BaseConvolutionLayer {
    public DeconvolutionLayer(LayerParameter param, Context context) {
        super(param, context);
    }

    @Override
    boolean transposed() {
        return true;
    }

    @Override
    public void forward(List<Blob> bottom, List<Blob> top) {
        for (int i = 0; i < bottom.size(); i++) {
            Native.convolution_backward_data(operation(), bottom.get(i).data().handle(), weight().data().handle(), biasData(),
                    top.get(i).data().handle());
        }
    }

    @Override
    public void forward(Blob bottom, Blob bias, Blob top, EpilogueHandle epilogue) {
        Native.convolution_backward_data(operation(), bottom.data().handle(), weight().data().handle(), epilogue == null ? handle(bias) : null,
                top.data().handle());
        if (epilogue != null) {
            finish(top, bias, epilogue);
        }
    }

    @Override
    public void backward(List<Blob> top, boolean[] propagateDown, List<Blob> bottom) {
        for (int i = 0; i < top.size(); i++) {
            Blob y = top.get(i);
            Native.convolution_backward_weight(operation(), y.diff().handle(), bottom.get(i).data().handle(), weightDiff(), null);
            if (biasDiff() != null) {
                int channelAxis = y.canonicalAxis(param().getConvolutionParam().getAxis());
                Native.bias_backward(y.diff().handle(), biasDiff(), y.count(channelAxis + 1));
            }
            if (propagateDown[i]) {
                Native.convolution_forward(operation(), y.diff().handle(), weight().data().handle(), null, bottom.get(i).diff().handle());
            }
        }
    }
}
