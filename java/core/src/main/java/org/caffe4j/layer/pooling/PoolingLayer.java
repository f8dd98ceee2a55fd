package org.caffe4j.layer.pooling;

import java.util.List;
import org.caffe4j.Blob;
import org.caffe4j.Context;
import org.caffe4j.NativeResource;
import org.caffe4j.Phase;
import org.caffe4j.ShapeException;
import org.caffe4j.layer.Layer;
import org.caffe4j.natives.Native;
import org.caffe4j.natives.PoolingHandle;
import org.caffe4j.optimize.Operation;
import org.caffe4j.proto.LayerParameter;
import org.caffe4j.proto.PoolingParameter;

/**
 * One value from each window of N×C×H×W images: MAX (default) the largest, of equal ones the first; AVE the mean, in which the padding
 * counts as zeros, but not what a window covers beyond it; STOCHASTIC, for values of at least 0, in phase TRAIN one drawn with a probability in
 * proportion to it, in TEST the expectation Σx² / Σx (0 where Σx is 0). Output sizes are round((in + 2·pad − kernel) / stride) + 1.
 *
 * <p>Fields: pool, kernel_size (or kernel_h and kernel_w), stride [1], pad [0] smaller than the kernel and not for STOCHASTIC, global_pooling (the window is the
 * image), round_mode CEIL (default) or FLOOR, engine: DEFAULT takes oneDNN's kernels where they give the same, on a GPU cuDNN's for AVE where
 * they do, CAFFE plain loops; CUDNN is DEFAULT on a GPU. MAX may have a second top with the place h·W + w of each maximum in its plane. Source: Caffe's Pooling.
 */
public final class PoolingLayer extends Layer {
    private final PoolingParameter settings;
    private PoolingWindow window;
    private PoolingWindow prepared;
    private NativeResource<PoolingHandle> operation;

    public PoolingLayer(LayerParameter param, Context context) {
        super(param, context);
        settings = param.getPoolingParam();
    }

    @Override
    public int exactBottoms() {
        return 1;
    }

    @Override
    public int minTops() {
        return 1;
    }

    @Override
    public int maxTops() {
        return settings.getPool() == PoolingParameter.PoolMethod.MAX ? 2 : 1;
    }

    @Override
    public void setUp(List<Blob> bottom, List<Blob> top) {
        window = PoolingWindow.of(settings, where());
    }

    @Override
    public void reshape(List<Blob> bottom, List<Blob> top) {
        Blob x = bottom.get(0);
        if (x.numAxes() != 4) {
            throw new ShapeException(where() + "Input must have 4 axes, corresponding to (num, channels, height, width), got shape "
                    + x.shapeString());
        }
        PoolingWindow now = window.over(x.shape(2), x.shape(3));
        for (Blob blob : top) {
            blob.reshape(x.shape(0), x.shape(1), now.outputHeight(x.shape(2), where()), now.outputWidth(x.shape(3), where()));
        }
        if (!now.equals(prepared)) {
            close(operation);
            int engine = engine(settings.getEngine());
            operation = new NativeResource<>(this, type(), Native.pooling_create(context().handle(), settings.getPool().getNumber(), engine,
                    now.kernelH(), now.kernelW(), now.strideH(), now.strideW(), now.padH(), now.padW()), Native::pooling_destroy);
            prepared = now;
        }
    }

    @Override
    public void forward(List<Blob> bottom, List<Blob> top) {
        boolean training = phase() == Phase.TRAIN;
        boolean draws = training && settings.getPool() == PoolingParameter.PoolMethod.STOCHASTIC;
        Native.pooling_forward(operation.get(), bottom.get(0).data().handle(), top.get(0).data().handle(),
                top.size() > 1 ? top.get(1).data().handle() : null, training, draws ? context().rng().nextUnsigned() : 0);
    }

    @Override
    public void backward(List<Blob> top, boolean[] propagateDown, List<Blob> bottom) {
        if (propagateDown[0]) {
            Native.pooling_backward(operation.get(), bottom.get(0).data().handle(), top.get(0).diff().handle(), bottom.get(0).diff().handle());
        }
    }

    @Override
    public Operation operation(List<Blob> bottom, List<Blob> top) {
        return top.size() == 1 && settings.getPool() != PoolingParameter.PoolMethod.STOCHASTIC
                ? new Operation.Pooling(settings.getPool().getNumber(), window.kernelH(), window.kernelW(), window.strideH(), window.strideW(),
                        window.padH(), window.padW()) : null;
    }

    /** The kernel that computed last, as oneDNN names it, "cudnn" or "plain"; for reports. */
    public String implementation() {
        return Native.pooling_implementation(operation.get()).getString();
    }

    @Override
    public void close() {
        close(operation);
        super.close();
    }

    private static void close(NativeResource<?> resource) {
        if (resource != null) {
            resource.close();
        }
    }
}
