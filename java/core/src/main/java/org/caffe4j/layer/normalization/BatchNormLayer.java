package org.caffe4j.layer.normalization;

import java.util.List;
import org.caffe4j.Blob;
import org.caffe4j.Context;
import org.caffe4j.NativeResource;
import org.caffe4j.Phase;
import org.caffe4j.ShapeException;
import org.caffe4j.layer.activation.NeuronLayer;
import org.caffe4j.layer.activation.ScaleLayer;
import org.caffe4j.natives.BatchNormHandle;
import org.caffe4j.natives.Native;
import org.caffe4j.natives.TensorHandle;
import org.caffe4j.optimize.Operation;
import org.caffe4j.proto.BatchNormParameter;
import org.caffe4j.proto.FillerParameter;
import org.caffe4j.proto.LayerParameter;
import org.caffe4j.proto.ParamSpec;

/**
 * y = (x − mean) / sqrt(variance + eps) for each channel (axis 1), without scale and shift: a Scale layer follows for those. May run in
 * place.
 *
 * <p>The statistics are the batch's own (use_global_stats: false, default in phase TRAIN), the variance divided by the number of values,
 * or the stored ones (true, default in TEST). Each forward over the batch's own adds to the stored: blob 2, a factor, s ← f·s + 1; blob 0
 * M ← f·M + mean; blob 1 V ← f·V + variance·m/(m − 1), with f = moving_average_fraction [0.999] and m values a channel. The stored mean is
 * M/s, the variance V/s, 0 while s is 0. The blobs are not learned; a param that gives them a learning rate is refused. eps [1e-5].
 * Source: Caffe's BatchNorm.
 */
public final class BatchNormLayer extends NeuronLayer {
    private static final ParamSpec NOT_LEARNED = ParamSpec.newBuilder().setLrMult(0).build();

    private final BatchNormParameter settings;
    private final boolean useGlobalStats;
    private final Blob mean;
    private final Blob variance;
    private final NativeResource<BatchNormHandle> operation;
    private long channels;

    public BatchNormLayer(LayerParameter param, Context context) {
        super(param, context);
        settings = param.getBatchNormParam();
        useGlobalStats = settings.hasUseGlobalStats() ? settings.getUseGlobalStats() : phase() == Phase.TEST;
        mean = new Blob(context);
        variance = new Blob(context);
        operation = new NativeResource<>(this, "BatchNorm", Native.batch_norm_create(context.handle()), Native::batch_norm_destroy);
    }

    @Override
    public ParamSpec defaultParam(int blob) {
        return NOT_LEARNED;
    }

    @Override
    public void setUp(List<Blob> bottom, List<Blob> top) {
        for (ParamSpec param : param().getParamList()) {
            if (param.getLrMult() != 0) {
                throw definitionError("Cannot configure batch normalization statistics as layer parameters. (use lr_mult: 0 in all three"
                        + " params, or leave them out)");
            }
        }
        requireChannels(bottom.get(0));
        channels = bottom.get(0).shape(1);
        addParam(FillerParameter.getDefaultInstance(), channels);
        addParam(FillerParameter.getDefaultInstance(), channels);
        addParam(FillerParameter.getDefaultInstance(), 1);
        mean.reshape(channels);
        variance.reshape(channels);
    }

    @Override
    public void reshape(List<Blob> bottom, List<Blob> top) {
        requireChannels(bottom.get(0));
        if (bottom.get(0).shape(1) != channels) {
            throw new ShapeException(where() + "expected " + channels + " channels (axis 1), got shape " + bottom.get(0).shapeString());
        }
        super.reshape(bottom, top);
    }

    private void requireChannels(Blob bottom) {
        if (bottom.numAxes() < 2) {
            throw new ShapeException(where() + "expected at least 2 axes, channels being axis 1, got shape " + bottom.shapeString());
        }
    }

    @Override
    public void forward(List<Blob> bottom, List<Blob> top) {
        if (useGlobalStats) {
            Native.batch_norm_load(stored(0), stored(1), stored(2), mean.data().handle(), variance.data().handle());
        }
        Native.batch_norm_forward(operation.get(), bottom.get(0).data().handle(), top.get(0).data().handle(), mean.data().handle(),
                variance.data().handle(), settings.getEps(), useGlobalStats);
        if (!useGlobalStats) {
            store(bottom.get(0).count() / Math.max(1, channels));
        }
    }

    /** Whether the statistics are the stored ones, not the batch's own. */
    public boolean usesGlobalStats() {
        return useGlobalStats;
    }

    /**
     * Forward of this layer, over the batch's own statistics, of the Scale and, if {@code relu}, of the ReLU that follow in place on its top, in
     * one pass over the values.
     *
     * @return false if there is none for this device or layout: nothing was done then
     */
    public boolean forwardWith(ScaleLayer scale, boolean relu, Blob bottom, Blob top) {
        boolean done = Native.batch_norm_affine_forward(operation.get(), bottom.data().handle(), top.data().handle(),
                mean.data().handle(), variance.data().handle(), settings.getEps(), scale.factor().data().handle(), shift(scale), relu);
        if (done) {
            store(bottom.count() / Math.max(1, channels));
        }
        return done;
    }

    /** Backward of what {@link #forwardWith} computed, with its arguments; false if nothing was done. */
    public boolean backwardWith(ScaleLayer scale, boolean relu, Blob bottom, Blob top) {
        return Native.batch_norm_affine_backward(operation.get(), bottom.data().handle(), top.diff().handle(), bottom.diff().handle(),
                mean.data().handle(), variance.data().handle(), settings.getEps(), scale.factor().data().handle(), shift(scale), relu,
                scale.paramPropagateDown(0) ? scale.factor().diff().handle() : null,
                scale.bias() != null && scale.paramPropagateDown(1) ? scale.bias().diff().handle() : null);
    }

    /** After {@link #forwardWith}: gives the Scale layer the input that it would have had, for a backward of its own. */
    public void separate(ScaleLayer scale, Blob bottom) {
        Blob normalized = scale.keptInput(bottom);
        Native.batch_norm_normalized(operation.get(), bottom.data().handle(), mean.data().handle(), variance.data().handle(), settings.getEps(),
                normalized.data().handle());
    }

    private static TensorHandle shift(ScaleLayer scale) {
        return scale.bias() == null ? null : scale.bias().data().handle();
    }

    /** Adds the batch's statistics to the stored ones. */
    private void store(long values) {
        Native.batch_norm_store(mean.data().handle(), variance.data().handle(), settings.getMovingAverageFraction(),
                values > 1 ? (float) values / (values - 1) : 1, stored(0), stored(1), stored(2));
    }

    private TensorHandle stored(int blob) {
        return blobs().get(blob).data().handle();
    }

    private Blob factor() {
        return blobs().get(2);
    }

    @Override
    public Operation operation(List<Blob> bottom, List<Blob> top) {
        return useGlobalStats ? new Operation.Affine(this::storedScale, this::storedShift) : null;
    }

    /** 1 / sqrt(variance + eps) of the stored variance. */
    private float[] storedScale() {
        double factor = storedFactor();
        float[] scale = blobs().get(1).data().toArray();
        for (int i = 0; i < scale.length; i++) {
            scale[i] = (float) (1 / Math.sqrt(scale[i] * factor + settings.getEps()));
        }
        return scale;
    }

    /** -mean / sqrt(variance + eps) of the stored statistics. */
    private float[] storedShift() {
        double factor = storedFactor();
        float[] shift = storedScale();
        float[] means = blobs().get(0).data().toArray();
        for (int i = 0; i < shift.length; i++) {
            shift[i] *= (float) (-means[i] * factor);
        }
        return shift;
    }

    private double storedFactor() {
        float sum = factor().data().read().get(0);
        return sum == 0 ? 0 : 1.0 / sum;
    }

    @Override
    public void backward(List<Blob> top, boolean[] propagateDown, List<Blob> bottom) {
        if (propagateDown[0]) {
            Native.batch_norm_backward(operation.get(), bottom.get(0).data().handle(), top.get(0).diff().handle(),
                    bottom.get(0).diff().handle(), mean.data().handle(), variance.data().handle(), settings.getEps(), useGlobalStats);
        }
    }

    @Override
    public void close() {
        operation.close();
        mean.close();
        variance.close();
        super.close();
    }
}
