package org.caffe4j.layer.activation;

import java.util.List;
import org.caffe4j.Blob;
import org.caffe4j.Context;
import org.caffe4j.layer.KeptBottom;
import org.caffe4j.natives.Native;
import org.caffe4j.natives.TensorHandle;
import org.caffe4j.optimize.Operation;
import org.caffe4j.proto.FillerParameter;
import org.caffe4j.proto.LayerParameter;
import org.caffe4j.proto.ScaleParameter;

/**
 * y = s · x, where s has the shape of x's axes from {@code axis} [1] on and is repeated over the others: the second bottom, or a learned
 * blob that covers {@code num_axes} [1; -1 = to the end, 0 = a scalar] and starts at 1 unless a filler says otherwise. With
 * {@code bias_term} a learned bias of the same shape is added, the last blob. In place allowed. Source: Caffe's Scale.
 */
public final class ScaleLayer extends BroadcastLayer {
    private static final FillerParameter ONE = FillerParameter.newBuilder().setType("constant").setValue(1).build();

    private final ScaleParameter p;
    private final KeptBottom kept;
    private Blob bias;

    public ScaleLayer(LayerParameter param, Context context) {
        super(param, context, param.getScaleParam().getAxis(), param.getScaleParam().getNumAxes());
        p = param.getScaleParam();
        kept = new KeptBottom(context);
    }

    @Override
    public void setUp(List<Blob> bottom, List<Blob> top) {
        addOperand(bottom, p.hasFiller() ? p.getFiller() : ONE);
        if (p.getBiasTerm()) {
            bias = addParam(p.getBiasFiller(), operand(bottom).shape());
        }
    }

    @Override
    public void forward(List<Blob> bottom, List<Blob> top) {
        Blob x = kept.keep(bottom.get(0), top.get(0));
        Native.scale_forward(x.data().handle(), operand(bottom).data().handle(), bias == null ? null : bias.data().handle(),
                top.get(0).data().handle(), inner());
    }

    /** Whether there is one learned factor for each channel, axis 1. */
    public boolean isByChannel(List<Blob> bottom) {
        return bottom.size() == 1 && coversChannels(bottom.get(0));
    }

    /** The learned factors, where there are no others: one bottom. */
    public Blob factor() {
        return blobs().get(0);
    }

    /** The learned bias, or null. */
    public Blob bias() {
        return bias;
    }

    /** Memory for the values of {@code bottom} that a forward in place would have kept. */
    public Blob keptInput(Blob bottom) {
        return kept.memory(bottom);
    }

    @Override
    public Operation operation(List<Blob> bottom, List<Blob> top) {
        return isByChannel(bottom) ? new Operation.Affine(() -> blobs().get(0).data().toArray(),
                () -> bias == null ? new float[(int) blobs().get(0).count()] : bias.data().toArray()) : broadcast(bottom, Native.PLAN_PRODUCT, bias);
    }

    @Override
    public void backward(List<Blob> top, boolean[] propagateDown, List<Blob> bottom) {
        TensorHandle dy = top.get(0).diff().handle();
        if (bias != null && paramPropagateDown(blobs().size() - 1)) {
            Native.bias_backward(dy, bias.diff().handle(), inner());
        }
        if (bottom.size() > 1 ? propagateDown[1] : paramPropagateDown(0)) {
            if (bottom.size() > 1) {
                bottom.get(1).diff().fill(0);
            }
            Native.scale_backward_scale(kept.get(bottom.get(0), top.get(0)).data().handle(), dy, operand(bottom).diff().handle(), inner());
        }
        if (propagateDown[0]) {
            Native.scale_backward(dy, operand(bottom).data().handle(), bottom.get(0).diff().handle(), inner());
        }
    }

    @Override
    public void close() {
        kept.close();
        super.close();
    }
}
