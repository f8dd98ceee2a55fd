package org.caffe4j;

import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import org.caffe4j.natives.EpilogueHandle;
import org.caffe4j.optimize.InferencePlan;
import org.caffe4j.optimize.OptimizeOptions;
import org.caffe4j.optimize.PlanStep;
import org.caffe4j.optimize.Precision;
import org.caffe4j.proto.NetParameter;

/** The optimised side of a {@link Net}: its inference plan once {@link Net#optimize} was called, and what the net then refuses. */
final class NetPlan implements InferencePlan.Layers, AutoCloseable {
    private final Net net;
    private final List<NetLayer> layers;
    private final boolean forceBackward;
    private InferencePlan plan;

    NetPlan(Net net, List<NetLayer> layers, boolean forceBackward) {
        this.net = net;
        this.layers = layers;
        this.forceBackward = forceBackward;
    }

    boolean isMade() {
        return plan != null;
    }

    /** The plan, or null before there is one. */
    InferencePlan get() {
        return plan;
    }

    /** Throws if the net is not one that can be optimised. */
    void checkCanBeMade(boolean noCallbacks) {
        String where = "Net '" + net.name() + "' ";
        if (net.phase() != Phase.TEST) {
            throw new IllegalStateException(where + "is of phase TRAIN and cannot be optimised: open it in phase TEST.");
        }
        if (forceBackward) {
            throw new IllegalStateException(where + "asks for gradients (force_backward) and cannot be optimised: an optimised net runs"
                    + " forward only. Remove force_backward, or do not optimise.");
        }
        if (!noCallbacks) {
            throw new IllegalStateException(where + "has callbacks around its layers and cannot be optimised: remove them first.");
        }
    }

    /**
     * Makes the plan, calibrates it if it is to have integers, and hides the blobs that have no values from then on.
     *
     * @param source the plan of a net of the same definition whose weights to use, or null
     */
    void make(OptimizeOptions options, InferencePlan source) {
        boolean calibrates = options.precision() == Precision.INT8 && source == null;
        if (calibrates && options.calibration() == null) {
            throw new IllegalArgumentException("Net '" + net.name() + "' cannot be optimised with precision INT8 without sample inputs, from which"
                    + " it takes the ranges of values: give some with OptimizeOptions.calibration.");
        }
        List<Blob> readable = new ArrayList<>(net.inputs());
        readable.addAll(net.outputs());
        options.readable().forEach(blob -> readable.add(net.blobByName(blob)));
        plan = new InferencePlan(net, this, readable, options.precision(), options.winograd(), source);
        hideBlobs();
        hideWeights();
        if (calibrates) {
            plan.calibrate(net, options.calibration());
        }
    }

    private void hideBlobs() {
        for (int i = 0; i < net.blobs().size(); i++) {
            if (!plan.isReadable(net.blobs().get(i))) {
                net.blobs().get(i).hide("blob '" + net.blobNames().get(i) + "' has no values, because net '" + net.name()
                        + "' is optimised: name it in OptimizeOptions.keep to read it");
            }
        }
    }

    private void hideWeights() {
        Set<Blob> used = new HashSet<>();
        for (int i = 0; i < layers.size(); i++) {
            if (!plan.computes(i)) {
                used.addAll(layers.get(i).layer.blobs());
            }
        }
        for (NetLayer layer : layers) {
            for (Blob blob : layer.layer.blobs()) {
                if (!used.contains(blob)) {
                    blob.hide("the weights of layer '" + layer.name() + "' are packed, because net '" + net.name()
                            + "' is optimised: read, save or change weights before optimize()");
                }
            }
        }
    }

    @Override
    public void reshape(int layer) {
        NetPasses.reshape(layers.get(layer));
    }

    @Override
    public float forward(int layer) {
        LayerCalls.forward(layers.get(layer));
        return layers.get(layer).loss();
    }

    @Override
    public void forward(int layer, List<Blob> bottoms, List<Blob> tops) {
        LayerCalls.forward(layers.get(layer), bottoms, tops);
    }

    @Override
    public void forward(int layer, Blob bottom, Blob bias, Blob top, EpilogueHandle epilogue) {
        LayerCalls.forward(layers.get(layer), bottom, bias, top, epilogue);
    }

    float forward() {
        return plan.forward();
    }

    List<PlanStep> timedForward() {
        requireMade();
        return plan.timedForward();
    }

    /** Another net with a plan that uses the weights of this one. */
    Net replica(Context context, OptimizeOptions options) {
        requireMade();
        NetParameter.Builder definition = net.toParameter().toBuilder();
        definition.getStateBuilder().setPhase(net.phase().proto());
        Net replica = new Net(definition.build(), context);
        try {
            for (int i = 0; i < layers.size(); i++) {
                if (!plan.computes(i)) {
                    for (int k = 0; k < layers.get(i).layer.blobs().size(); k++) {
                        replica.layers().get(i).blobs().get(k).shareData(layers.get(i).layer.blobs().get(k));
                    }
                }
            }
            return replica.optimize(options, plan);
        } catch (RuntimeException | Error e) {
            replica.close();
            throw e;
        }
    }

    private void requireMade() {
        if (plan == null) {
            throw new IllegalStateException("Net '" + net.name() + "' is not optimised: call optimize() first.");
        }
    }

    /** Throws if the net is optimised: "Net 'x' is optimised and {what}: {hint}." */
    void refuse(String what, String hint) {
        if (plan != null) {
            throw new IllegalStateException("Net '" + net.name() + "' is optimised and " + what + ": " + hint + ".");
        }
    }

    @Override
    public void close() {
        if (plan != null) {
            plan.close();
        }
    }
}
