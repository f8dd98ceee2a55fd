package org.caffe4j.layer;

import com.google.protobuf.ProtocolMessageEnum;
import java.util.ArrayList;
import java.util.List;
import org.caffe4j.Blob;
import org.caffe4j.Context;
import org.caffe4j.Device;
import org.caffe4j.NetDefinitionException;
import org.caffe4j.Phase;
import org.caffe4j.ShapeException;
import org.caffe4j.filler.Filler;
import org.caffe4j.io.BlobProtos;
import org.caffe4j.io.WeightBlob;
import org.caffe4j.natives.Native;
import org.caffe4j.optimize.Operation;
import org.caffe4j.proto.FillerParameter;
import org.caffe4j.proto.LayerParameter;
import org.caffe4j.proto.LayerState;
import org.caffe4j.proto.ParamSpec;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * One step of a net: computes its tops from its bottoms, and the bottoms' gradients from the tops'. A subclass is one layer type; it is
 * made by a {@link LayerFactory}, driven by the net, and written once for every device: it calls operations on tensors, or reads and
 * writes their values through buffers.
 *
 * <p>Life: constructor → {@link #setUp} once → {@link #reshape} before every {@link #forward} → {@link #backward} → {@link #close}.
 * The net calls these from one thread at a time and never after close. Bottoms and tops are the net's; {@link #blobs()} are the
 * layer's. Source: Caffe's Layer.
 */
public abstract class Layer implements AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(Layer.class);

    private final LayerParameter param;
    private final Context context;
    private final Phase phase;
    private final List<Blob> blobs = new ArrayList<>();
    private final List<Boolean> paramPropagateDown = new ArrayList<>();

    /**
     * @param param the layer's description, with its phase set
     * @param context where the layer's blobs live and its operations run
     */
    protected Layer(LayerParameter param, Context context) {
        this.param = param;
        this.context = context;
        this.phase = Phase.of(param.getPhase());
    }

    public final LayerParameter param() {
        return param;
    }

    public final String name() {
        return param.getName();
    }

    /** The type as the prototxt names it. */
    public final String type() {
        return param.getType();
    }

    public final Context context() {
        return context;
    }

    public final Phase phase() {
        return phase;
    }

    /** The learned parameters, in Caffe's order; filled by {@link #setUp}, owned and closed by the layer. */
    public final List<Blob> blobs() {
        return blobs;
    }

    /** Whether the gradient of a learned parameter is wanted. */
    public final boolean paramPropagateDown(int blob) {
        return blob >= paramPropagateDown.size() || paramPropagateDown.get(blob);
    }

    /** Set by the net from the learning-rate multipliers. */
    public final void setParamPropagateDown(int blob, boolean wanted) {
        while (paramPropagateDown.size() <= blob) {
            paramPropagateDown.add(true);
        }
        paramPropagateDown.set(blob, wanted);
    }

    /** Exact number of bottoms, or -1 where {@link #minBottoms} and {@link #maxBottoms} say it. */
    public int exactBottoms() {
        return -1;
    }

    /** Least number of bottoms, or -1. */
    public int minBottoms() {
        return -1;
    }

    /** Largest number of bottoms, or -1. */
    public int maxBottoms() {
        return -1;
    }

    /** Exact number of tops, or -1. */
    public int exactTops() {
        return -1;
    }

    /** Least number of tops, or -1. */
    public int minTops() {
        return -1;
    }

    /** Largest number of tops, or -1. */
    public int maxTops() {
        return -1;
    }

    /** Whether there must be as many tops as bottoms. */
    public boolean equalBottomsAndTops() {
        return false;
    }

    /** Whether the net adds nameless tops up to the number needed, as for losses. */
    public boolean autoTopBlobs() {
        return false;
    }

    /** Whether force_backward may ask for the gradient of a bottom. */
    public boolean allowForceBackward(int bottom) {
        return true;
    }

    /** The loss weight of a top that the description gives none: 1 for the first top of a loss, else 0. */
    public float defaultLossWeight(int top) {
        return 0;
    }

    /** The {@code param} of a learned blob that the description has none for: what a layer does not learn gets a multiplier of 0. */
    public ParamSpec defaultParam(int blob) {
        return ParamSpec.getDefaultInstance();
    }

    /** Checks the description and makes the learned blobs. Bottoms have their shapes; tops have none yet. */
    public void setUp(List<Blob> bottom, List<Blob> top) {}

    /** Gives the tops their shapes after those of the bottoms; cheap when nothing changed. */
    public abstract void reshape(List<Blob> bottom, List<Blob> top);

    /** Computes the tops' data. */
    public abstract void forward(List<Blob> bottom, List<Blob> top);

    /**
     * Computes gradients from the tops' diffs: overwrites the diff of each bottom for which {@code propagateDown} is true, adds to the
     * diffs of the learned blobs for which {@link #paramPropagateDown} is true.
     */
    public abstract void backward(List<Blob> top, boolean[] propagateDown, List<Blob> bottom);

    /**
     * What the layer computes in phase TEST, for an inference plan; null, the default, where it runs by itself in an optimised net too.
     * Called after {@link #setUp}. A layer of several tops describes them as {@link Operation.Parts}, or as equal.
     */
    public Operation operation(List<Blob> bottom, List<Blob> top) {
        return null;
    }

    /**
     * What the next forward depends on beside bottoms, learned blobs and the context's generator: a place in the data, a generator of the
     * layer's own, a state carried from forward to forward. Snapshots hold it, so that a resumed run goes on as if it had never stopped.
     * The default is nothing.
     */
    public LayerState saveState() {
        return LayerState.getDefaultInstance();
    }

    /**
     * Goes on where {@link #saveState} was called, in this layer or one of the same description.
     *
     * @throws IllegalArgumentException if the state does not fit
     */
    public void restoreState(LayerState state) {
    }

    /**
     * Makes the next learned blob: with the values that the description embeds for it ({@code blobs}), else those of the filler.
     *
     * @throws ShapeException if embedded values have another shape
     */
    protected final Blob addParam(FillerParameter filler, long... shape) {
        int index = blobs.size();
        Blob blob = new Blob(context, shape);
        blobs.add(blob);
        if (index >= param.getBlobsCount()) {
            Filler.of(filler).fill(blob, context.rng());
            return blob;
        }
        if (index == 0) {
            LOG.info("Skipping parameter initialization");
        }
        WeightBlob embedded = BlobProtos.view(param.getBlobs(index), where() + "embedded blob " + index);
        if (!embedded.fits(shape)) {
            throw new ShapeException(where() + "Incorrect " + (index == 0 ? "weight" : "bias") + " shape: expected shape "
                    + blob.shapeString() + "; instead, shape was " + Blob.shapeString(embedded.shape()));
        }
        blob.data().overwrite(embedded::copyTo);
        return blob;
    }

    /**
     * The value of an {@code engine} field, for the native operations: {@code Native.ENGINE_…}. On a GPU, DEFAULT and CUDNN mean cuDNN, and the
     * CAFFE engine where cuDNN is not installed, which the log says once for a context.
     *
     * @throws NetDefinitionException for CUDNN on the CPU
     */
    protected final int engine(ProtocolMessageEnum field) {
        int engine = field.getNumber();
        if (context.device().kind() == Device.Kind.CUDA) {
            if (engine != Native.ENGINE_CAFFE) {
                context.needCudnn();
            }
        } else if (engine == Native.ENGINE_CUDNN) {
            throw definitionError("Layer " + name() + " has unknown engine: CUDNN is for GPUs (use DEFAULT or CAFFE)");
        }
        return engine;
    }

    /**
     * For {@link #reshape} of a layer that cannot work in place.
     *
     * @throws NetDefinitionException if a top is a bottom
     */
    protected final void refuseInPlace(List<Blob> bottom, List<Blob> top) {
        for (Blob blob : top) {
            if (bottom.contains(blob)) {
                throw definitionError(type() + " Layer does not allow in-place computation; give its top a name of its own");
            }
        }
    }

    /** An error in this layer's description: the message gets the layer's name and type in front. */
    protected final NetDefinitionException definitionError(String message) {
        return new NetDefinitionException(where() + message);
    }

    /** {@code "layer 'conv1' (Convolution): "}: how messages of this layer begin. */
    public final String where() {
        return "layer '" + name() + "' (" + type() + "): ";
    }

    /** Frees the learned blobs; a subclass with native objects frees them too. Idempotent. */
    @Override
    public void close() {
        blobs.forEach(Blob::close);
    }
}
