package org.caffe4j.layer.normalization;

import java.util.List;
import org.caffe4j.Blob;
import org.caffe4j.Context;
import org.caffe4j.ShapeException;
import org.caffe4j.layer.activation.NeuronLayer;
import org.caffe4j.natives.Native;
import org.caffe4j.optimize.Operation;
import org.caffe4j.proto.LayerParameter;
import org.caffe4j.proto.MVNParameter;

/**
 * Mean-variance normalization of blobs of up to four axes, N×C×H×W: y = (x − mean) / (sqrt(variance) + eps) over each channel of each
 * image, or over whole images if across_channels is true [false]; with normalize_variance: false [true] only the mean is taken away. eps
 * [1e-9] is added to the deviation, not to the variance, and counts as a constant in the gradient. May run in place. Source: Caffe's MVN.
 */
public final class MVNLayer extends NeuronLayer {
    private final MVNParameter settings;
    private final Blob deviation;

    public MVNLayer(LayerParameter param, Context context) {
        super(param, context);
        settings = param.getMvnParam();
        deviation = new Blob(context);
    }

    @Override
    public void reshape(List<Blob> bottom, List<Blob> top) {
        Blob x = bottom.get(0);
        if (x.numAxes() > 4) {
            throw new ShapeException(where() + "expected at most 4 axes (num, channels, height, width), got shape " + x.shapeString());
        }
        super.reshape(bottom, top);
        deviation.reshape(x.legacyShape(0) * (settings.getAcrossChannels() ? 1 : x.legacyShape(1)));
    }

    @Override
    public void forward(List<Blob> bottom, List<Blob> top) {
        Native.mvn_forward(bottom.get(0).data().handle(), top.get(0).data().handle(), deviation.data().handle(), deviation.count(),
                settings.getNormalizeVariance(), settings.getEps());
    }

    @Override
    public Operation operation(List<Blob> bottom, List<Blob> top) {
        return new Operation.Mvn(settings.getAcrossChannels(), settings.getNormalizeVariance(), settings.getEps());
    }

    @Override
    public void backward(List<Blob> top, boolean[] propagateDown, List<Blob> bottom) {
        if (propagateDown[0]) {
            Native.mvn_backward(top.get(0).data().handle(), top.get(0).diff().handle(), bottom.get(0).diff().handle(),
                    deviation.data().handle(), deviation.count(), settings.getNormalizeVariance());
        }
    }

    @Override
    public void close() {
        deviation.close();
        super.close();
    }
}
