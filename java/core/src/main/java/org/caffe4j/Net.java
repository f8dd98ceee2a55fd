package org.caffe4j;

import java.nio.file.Path;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.caffe4j.graph.NetUpgrade;
import org.caffe4j.io.AtomicFile;
import org.caffe4j.io.PrototxtReader;
import org.caffe4j.io.Weights;
import org.caffe4j.layer.Layer;
import org.caffe4j.optimize.InferencePlan;
import org.caffe4j.optimize.OptimizeOptions;
import org.caffe4j.optimize.PlanStep;
import org.caffe4j.optimize.Precision;
import org.caffe4j.proto.LayerParameter;
import org.caffe4j.proto.NetParameter;
import org.caffe4j.proto.NetState;

/**
 * A net: layers in order and the blobs between them.
 *
 * <p>Confined to one caller at a time: any thread may call, but a call while another thread's call runs throws
 * {@link IllegalStateException}; so does a call while another net of the same context runs. For concurrent callers make a context and a
 * net for each.
 *
 * <p>The net owns its layers, blobs and parameters; they are valid until {@link #close}, which waits for a running call. Blob and layer
 * names are those after Split layers were inserted. The arithmetic runs on the device of the {@link Context}, which outlives the net.
 *
 * <p>Source: Caffe's Net.
 */
public final class Net implements AutoCloseable {
    private final Context context;
    private final String name;
    private final Phase phase;
    private final List<NetLayer> layers;
    private final List<Layer> layerView;
    private final List<String> layerNames;
    private final List<Blob> blobs;
    private final List<String> blobNames;
    private final NameIndex blobIds;
    private final NameIndex layerIds;
    private final List<Float> lossWeights;
    private final List<Integer> inputIds;
    private final List<Integer> outputIds;
    private final List<NetParams.Entry> params;
    private final List<LearnableParam> learnable;
    private final NetBuilder owned;
    private final CallGuard guard;
    private final NetPasses passes;
    private final NetPlan plan;

    /**
     * A net in the state that {@code param.state} gives (phase TEST, level 0, no stages where it gives none), upgraded from older versions
     * of the format.
     *
     * @throws NetDefinitionException if the definition is wrong; the message names the layer
     * @throws ShapeException if shapes do not fit
     */
    public Net(NetParameter param, Context context) {
        this.context = context;
        name = param.getName();
        phase = Phase.of(param.getState().getPhase());
        NetBuilder builder = new NetBuilder(context);
        try {
            context.guard().run(context, () -> builder.build(NetUpgrade.upgrade(param, "net '" + name + "'")));
        } catch (RuntimeException | Error e) {
            builder.close();
            throw e;
        }
        owned = builder;
        layers = List.copyOf(builder.layers);
        layerView = layers.stream().map(l -> l.layer).toList();
        layerNames = layers.stream().map(NetLayer::name).toList();
        blobs = List.copyOf(builder.blobs);
        blobNames = List.copyOf(builder.blobNames);
        lossWeights = List.copyOf(builder.lossWeights);
        inputIds = List.copyOf(builder.inputIds);
        outputIds = List.copyOf(builder.outputIds);
        params = List.copyOf(builder.params.entries());
        learnable = List.copyOf(builder.params.learnable());
        blobIds = new NameIndex("blob", blobNames);
        layerIds = new NameIndex("layer", layerNames);
        guard = new CallGuard("Net '" + name + "'", context.guard());
        passes = new NetPasses(this, layers, new NetDebug(blobNames, params, learnable), param.getDebugInfo());
        plan = new NetPlan(this, layers, param.getForceBackward());
    }

    /** A net of the given phase; other fields of {@code param.state} stay. */
    public Net(NetParameter param, Phase phase, Context context) {
        this(param.toBuilder().setState(param.getState().toBuilder().setPhase(phase.proto())).build(), context);
    }

    /**
     * A net from a prototxt or binary definition, upgraded from older versions of the format.
     *
     * @throws NetDefinitionException if the text does not parse or the definition is wrong
     */
    public static Net open(Path file, Phase phase, Context context) {
        return open(file, phase, 0, List.of(), context);
    }

    /** As {@link #open(Path, Phase, Context)}, with the level set and the stages added to those in the file. */
    public static Net open(Path file, Phase phase, int level, List<String> stages, Context context) {
        NetParameter param = PrototxtReader.readNet(file);
        NetState.Builder state = param.getState().toBuilder().setPhase(phase.proto()).setLevel(level).addAllStage(stages);
        return new Net(param.toBuilder().setState(state).build(), context);
    }

    /**
     * Runs all layers forward, each after a reshape to the current shapes of its bottoms.
     *
     * @return the loss: the sum of the weighted loss tops, 0 for a net without
     */
    public float forward() {
        return forward(0, layers.size() - 1);
    }

    /**
     * Runs the layers {@code first} to {@code last}, both included, forward.
     *
     * @return the loss of these layers
     */
    public float forward(int first, int last) {
        checkRange(first, last, "forward");
        if (plan.isMade()) {
            if (first != 0 || last != layers.size() - 1) {
                plan.refuse("runs as a whole", "call forward() without a range");
            }
            return guard.call(this, plan::forward);
        }
        return guard.call(this, () -> passes.forward(first, last));
    }

    /** Runs all layers that need it backward, from the last to the first. Gradients of parameters are added to what is there. */
    public void backward() {
        backward(layers.size() - 1, 0, passes::backward);
    }

    /** Runs the layers from {@code first} down to {@code last}, both included, backward. */
    public void backward(int first, int last) {
        backward(first, last, () -> passes.backward(first, last));
    }

    private void backward(int first, int last, Runnable pass) {
        checkRange(last, first, "backward");
        plan.refuse("cannot run backward", "train a net that is not");
        guard.run(this, pass);
    }

    /**
     * Runs layer number {@code layer} backward even where no loss needs it, as Caffe's time tool does to every layer. Gradients of bottoms
     * and parameters that need none are left out.
     */
    public void backwardLayer(int layer) {
        backward(layer, layer, () -> passes.backwardLayer(layer));
    }

    /** Forward, then backward; returns the loss. */
    public float forwardBackward() {
        float loss = forward();
        backward();
        return loss;
    }

    /** Gives every blob the shape that follows from the current shapes of the inputs, without computing. {@link #forward} does so too. */
    public void reshape() {
        guard.run(this, passes::reshape);
    }

    /** As {@link #optimize(OptimizeOptions)} with the default options. */
    public Net optimize() {
        return optimize(OptimizeOptions.defaults());
    }

    /**
     * Rewrites this net of phase TEST for inference: BatchNorm, Scale and Bias are folded into the weights in front of them, activations and
     * element-wise sums become a part of the convolution or inner product that they follow, Dropout and Split disappear, blobs whose
     * lifetimes do not overlap share memory, and what is left runs in one native call. Results equal those of the net as it was within
     * rounding (1e-4 of the output's scale), unless {@link OptimizeOptions#precision(Precision)} asks for less. Layers that the plan does not
     * know run as before, between pieces of it. An {@code engine} that the definition asks for counts no more. Input shapes may change between
     * runs; a plan is made for each, the last few are kept.
     *
     * <p>Call it after the weights are loaded: they are packed, exist once, and cannot be read, saved or loaded afterwards; whoever shared
     * them keeps the values as they were. Inputs, outputs, and the blobs that {@link OptimizeOptions#keep} names are read and written as
     * before; {@link Blob#data()} of any other throws. Callbacks and {@code debug_info}, which watch single layers, have nothing to watch.
     * On a net that is optimised already it does nothing.
     *
     * <p>On a GPU the net's own layers run what is left, those that are element by element in place; folded weights stay in their layers'
     * blobs, and blobs that a layer still writes can be read.
     *
     * @return this net
     * @throws IllegalStateException if the phase is TRAIN, if the net has force_backward or if callbacks were added
     * @throws IllegalArgumentException if a blob to keep does not exist, or for precision INT8 without samples
     * @throws CaffeException if a sample for precision INT8 does not fit or has values that are not finite; the net is optimised then, with
     *     floats
     */
    public Net optimize(OptimizeOptions options) {
        return optimize(options, null);
    }

    /** As {@link #optimize(OptimizeOptions)}, with the weights of another net's plan unless that is null. */
    Net optimize(OptimizeOptions options, InferencePlan source) {
        if (!plan.isMade()) {
            plan.checkCanBeMade(passes.callbacks().isEmpty());
            guard.run(this, () -> plan.make(options, source));
        }
        return this;
    }

    /** How this net runs if it is optimised, else null. For reports. */
    public InferencePlan plan() {
        return plan.get();
    }

    /**
     * Runs an optimised net forward.
     *
     * @return its steps with the time that each took
     * @throws IllegalStateException if the net is not optimised
     */
    public List<PlanStep> timedForward() {
        return guard.call(this, plan::timedForward);
    }

    /**
     * Another optimised net of the same definition that uses the weights of this one; both may run at the same time, in contexts of their
     * own. Weights that layers outside the plan have are shared too. It may outlive this net.
     *
     * @param context where the new net lives: on the CPU, or on the same GPU
     * @param options as for {@link #optimize(OptimizeOptions)}; what is kept should be the same, and the precision must be
     * @throws IllegalStateException if this net is not optimised
     * @throws IllegalArgumentException if {@code options} asks for another precision than this net has
     */
    public Net replica(Context context, OptimizeOptions options) {
        return plan.replica(context, options);
    }

    /** Sets the gradients of all parameters to zero. */
    public void clearParamDiffs() {
        guard.run(this, () -> {
            learnable.forEach(p -> p.blob().diff().fill(0));
        });
    }

    /**
     * Copies weights by layer name. Layers of the net that the source does not have keep their values.
     *
     * @throws NetDefinitionException if a layer of that name has another number of parameters
     * @throws ShapeException if a parameter has another shape
     */
    public LoadReport copyTrainedLayersFrom(Weights weights) {
        plan.refuse("has its weights packed", "load weights before optimize()");
        return guard.call(this, () -> WeightLoader.copy(layers, params, weights));
    }

    /**
     * Copies weights from a {@code .caffemodel} or {@code .caffemodel.h5}, told apart by content.
     *
     * @throws ModelFormatException if the file is no weights file or is damaged
     */
    public LoadReport copyTrainedLayersFrom(Path file) {
        plan.refuse("has its weights packed", "load weights before optimize()");  // before the file is looked at
        try (Weights weights = Weights.read(file)) {
            return copyTrainedLayersFrom(weights);
        }
    }

    /**
     * Uses the parameter values of another net, by layer name, without copying; gradients stay apart. The other net must outlive this one.
     * Nets in contexts of their own that share values may run at the same time while none of them changes the values.
     *
     * @throws NetDefinitionException if a layer of that name has another number of parameters
     * @throws ShapeException if a parameter has another shape
     */
    public LoadReport shareTrainedLayersWith(Net other) {
        plan.refuse("has its weights packed", "share weights before optimize(), or use replica()");
        other.plan.refuse("has its weights packed", "share weights before optimize(), or use replica()");
        return guard.call(this, () -> WeightLoader.share(layers, other.layers));
    }

    /**
     * Writes definition and weights as a binary {@code .caffemodel}, whole or not at all; shared parameters with every layer.
     *
     * @param withDiffs whether the gradients of the parameters are written too
     * @throws CaffeException if the file cannot be written
     */
    public void save(Path file, boolean withDiffs) {
        stage(file, withDiffs).commit();
    }

    /** As {@link #save}, as {@code .caffemodel.h5}: no definition, and of shared parameters only the owner's. */
    public void saveHdf5(Path file, boolean withDiffs) {
        stageHdf5(file, withDiffs).commit();
    }

    /** As {@link #save}; the file appears when the caller commits it, together with others for example. */
    public AtomicFile stage(Path file, boolean withDiffs) {
        plan.refuse("has its weights packed", "save before optimize()");
        return guard.call(this, () -> WeightSaver.stage(file, toParameter(), layers, withDiffs));
    }

    /** As {@link #saveHdf5}; the file appears when the caller commits it. */
    public AtomicFile stageHdf5(Path file, boolean withDiffs) {
        plan.refuse("has its weights packed", "save before optimize()");
        return guard.call(this, () -> WeightSaver.stageHdf5(file, layers, params, withDiffs));
    }

    /**
     * The definition as built and as Caffe writes it into a {@code .caffemodel}: name, and the layers with state applied, splits inserted,
     * a loss's own weight and the multipliers of BatchNorm's statistics filled in; without weights.
     */
    public NetParameter toParameter() {
        NetParameter.Builder param = NetParameter.newBuilder().setName(name);
        for (NetLayer layer : layers) {
            param.addLayer(layer.written());
        }
        return param.build();
    }

    public String name() {
        return name;
    }

    public Phase phase() {
        return phase;
    }

    public Context context() {
        return context;
    }

    /** The layers in the order they run. */
    public List<Layer> layers() {
        return layerView;
    }

    public List<String> layerNames() {
        return layerNames;
    }

    /** Definition of layer number {@code layer}. */
    public LayerParameter layerParam(int layer) {
        return layers.get(layer).param;
    }

    /**
     * The layer of that name.
     *
     * @throws IllegalArgumentException if there is none
     */
    public Layer layerByName(String layer) {
        return layerView.get(layerIndex(layer));
    }

    /**
     * Position of the layer of that name.
     *
     * @throws IllegalArgumentException if there is none
     */
    public int layerIndex(String layer) {
        return layerIds.of(layer);
    }

    /** All blobs, in order of creation; blobs without a name are called "(automatic)". */
    public List<Blob> blobs() {
        return blobs;
    }

    public List<String> blobNames() {
        return blobNames;
    }

    public boolean hasBlob(String blob) {
        return blobIds.has(blob);
    }

    /**
     * The blob of that name.
     *
     * @throws IllegalArgumentException if there is none
     */
    public Blob blobByName(String blob) {
        return blobs.get(blobIds.of(blob));
    }

    /** Blobs that layer number {@code layer} reads. */
    public List<Blob> bottoms(int layer) {
        return Collections.unmodifiableList(layers.get(layer).bottoms);
    }

    /** Blobs that layer number {@code layer} writes. */
    public List<Blob> tops(int layer) {
        return Collections.unmodifiableList(layers.get(layer).tops);
    }

    /** Names of the blobs that layer number {@code layer} reads. */
    public List<String> bottomNames(int layer) {
        return names(layers.get(layer).bottomIds);
    }

    /** Names of the blobs that layer number {@code layer} writes. */
    public List<String> topNames(int layer) {
        return names(layers.get(layer).topIds);
    }

    /** Tops of the Input layers, in order. Write their data, or reshape them first, then call {@link #forward}. */
    public List<Blob> inputs() {
        return inputIds.stream().map(blobs::get).toList();
    }

    public List<String> inputNames() {
        return names(inputIds);
    }

    /** Tops that no layer reads, sorted by name. */
    public List<Blob> outputs() {
        return outputIds.stream().map(blobs::get).toList();
    }

    public List<String> outputNames() {
        return names(outputIds);
    }

    /** Weight of a blob in the loss; 0 for most. */
    public float lossWeight(String blob) {
        return lossWeights.get(blobIds.of(blob));
    }

    /** The parameters that a solver updates, shared ones once, in order of appearance. */
    public List<LearnableParam> learnableParams() {
        return learnable;
    }

    /** Parameter blobs by layer name, shared ones with every layer that uses them; only layers that have some. */
    public Map<String, List<Blob>> params() {
        Map<String, List<Blob>> byLayer = new LinkedHashMap<>();
        for (NetLayer layer : layers) {
            if (!layer.layer.blobs().isEmpty()) {
                byLayer.put(layer.name(), Collections.unmodifiableList(layer.layer.blobs()));
            }
        }
        return byLayer;
    }

    /** Whether parameter {@code index} of layer number {@code layer} is the layer's own and not another's that it shares. */
    public boolean ownsParam(int layer, int index) {
        int id = layers.get(layer).paramIds.get(index);
        return params.get(id).owner() == id;
    }

    /** Whether layer number {@code layer} computes gradients. */
    public boolean layerNeedsBackward(int layer) {
        return layers.get(layer).needsBackward;
    }

    /** Whether layer number {@code layer} computes the gradient of its bottom number {@code bottom}. */
    public boolean bottomNeedsBackward(int layer, int bottom) {
        return layers.get(layer).propagateDown[bottom];
    }

    /** Adds a callback around each layer's passes; callbacks run in the order they were added. An optimised net takes none. */
    public void addCallback(NetCallback callback) {
        plan.refuse("has no passes of single layers", "add callbacks to a net that is not");
        passes.callbacks().add(callback);
    }

    public void removeCallback(NetCallback callback) {
        passes.callbacks().remove(callback);
    }

    /** Whether each pass logs the mean absolute values of data and gradients, as {@code debug_info} asks for. */
    public void setDebugInfo(boolean debugInfo) {
        passes.setDebugInfo(debugInfo);
    }

    /** Frees layers, blobs and parameters. Waits for a call that runs on another thread; later calls do nothing. */
    @Override
    public void close() {
        guard.close(() -> {
            plan.close();
            owned.close();
        });
    }

    private void checkRange(int first, int last, String pass) {
        if (layers.isEmpty()) {
            throw new NetDefinitionException("Net '" + name + "' has no layers, so it cannot run " + pass
                    + ". Check the include rules against the phase, level and stages.");
        }
        if (first < 0 || last >= layers.size()) {
            throw new IllegalArgumentException("Cannot run layers " + first + " to " + last + " " + pass + ": net '" + name
                    + "' has layers 0 to " + (layers.size() - 1) + ".");
        }
    }

    private List<String> names(List<Integer> ids) {
        return ids.stream().map(blobNames::get).toList();
    }
}
