package org.caffe4j.layer.activation;

import java.util.List;
import org.caffe4j.Blob;
import org.caffe4j.Context;
import org.caffe4j.ShapeException;
import org.caffe4j.layer.KeptBottom;
import org.caffe4j.natives.Native;
import org.caffe4j.natives.TensorHandle;
import org.caffe4j.optimize.Operation;
import org.caffe4j.proto.FillerParameter;
import org.caffe4j.proto.LayerParameter;

/**
 * y = max(x, 0) + slope · min(x, 0) with a learned slope for each channel (axis 1), or one for all with {@code channel_shared}; slopes
 * start at 0.25 unless a filler says otherwise. The gradient at 0 takes the slope's side. Bottom: N×C×…. Source: Caffe's PReLU; He et
 * al., Delving Deep into Rectifiers, 2015.
 */
public final class PReLULayer extends NeuronLayer {
    private static final FillerParameter DEFAULT_SLOPE = FillerParameter.newBuilder().setType("constant").setValue(0.25f).build();

    private final KeptBottom kept;

    public PReLULayer(LayerParameter param, Context context) {
        super(param, context);
        kept = new KeptBottom(context);
    }

    @Override
    public void setUp(List<Blob> bottom, List<Blob> top) {
        Blob x = bottom.get(0);
        if (x.numAxes() < 2) {
            throw new ShapeException(where() + "Number of axes of bottom blob must be >=2, got shape " + x.shapeString());
        }
        FillerParameter filler = param().getPreluParam().hasFiller() ? param().getPreluParam().getFiller() : DEFAULT_SLOPE;
        if (param().getPreluParam().getChannelShared()) {
            addParam(filler);
        } else {
            addParam(filler, x.shape(1));
        }
    }

    @Override
    public void reshape(List<Blob> bottom, List<Blob> top) {
        Blob x = bottom.get(0);
        if (x.numAxes() < 2 || !param().getPreluParam().getChannelShared() && x.shape(1) != blobs().get(0).count()) {
            throw new ShapeException(where() + "the layer has " + blobs().get(0).count() + " slopes, bottom now has shape "
                    + x.shapeString());
        }
        super.reshape(bottom, top);
    }

    @Override
    public void forward(List<Blob> bottom, List<Blob> top) {
        Blob x = kept.keep(bottom.get(0), top.get(0));
        Native.prelu_forward(x.data().handle(), blobs().get(0).data().handle(), top.get(0).data().handle());
    }

    @Override
    public Operation operation(List<Blob> bottom, List<Blob> top) {
        return new Operation.PRelu(blobs().get(0));
    }

    @Override
    public void backward(List<Blob> top, boolean[] propagateDown, List<Blob> bottom) {
        TensorHandle x = kept.get(bottom.get(0), top.get(0)).data().handle();
        TensorHandle dy = top.get(0).diff().handle();
        if (paramPropagateDown(0)) {
            Native.prelu_backward_slope(x, dy, blobs().get(0).diff().handle());
        }
        if (propagateDown[0]) {
            Native.prelu_backward(x, dy, blobs().get(0).data().handle(), bottom.get(0).diff().handle());
        }
    }

    @Override
    public void close() {
        kept.close();
        super.close();
    }
}
