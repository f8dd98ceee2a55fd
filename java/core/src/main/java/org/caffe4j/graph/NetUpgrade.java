package org.caffe4j.graph;

import org.caffe4j.NetDefinitionException;
import org.caffe4j.proto.BlobShape;
import org.caffe4j.proto.InputParameter;
import org.caffe4j.proto.LayerParameter;
import org.caffe4j.proto.NetParameter;
import org.caffe4j.proto.V1LayerParameter;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Brings a net of any age to the current format, as Caffe does on every read: V0 layers to V1, the transform fields of V1 data layers
 * to {@code transform_param}, V1 {@code layers} to {@code layer}, net-level {@code input} fields to an Input layer, and the three
 * {@code param}s of a BatchNorm layer to multipliers of zero. A net that is current comes back as it is. Pure; any thread may call it.
 */
public final class NetUpgrade {
    private static final Logger LOG = LoggerFactory.getLogger(NetUpgrade.class);
    private static final int LEGACY_AXES = 4;

    /**
     * A net in the current format.
     *
     * @param net the net
     * @param changed whether anything was deprecated
     * @param complete false if a V0 or V1 field had no place in the current format and was dropped (each is logged as an error)
     */
    public record Result(NetParameter net, boolean changed, boolean complete) {
    }

    private NetUpgrade() {
    }

    /** The net in the current format; {@code source} names it in log and errors. @throws NetDefinitionException if it is inconsistent */
    public static NetParameter upgrade(NetParameter net, String source) {
        return upgradeWithResult(net, source).net();
    }

    /** As {@link #upgrade}, and says whether anything changed or was dropped. */
    public static Result upgradeWithResult(NetParameter net, String source) {
        if (net.getLayerCount() > 0 && net.getLayersCount() > 0) {
            throw new NetDefinitionException(source + ": Refusing to upgrade inconsistent NetParameter input; the definition has both"
                    + " 'layer' and 'layers' fields. Write every layer as layer { type: \"Name\" … }");
        }
        NetParameter current = net;
        boolean complete = true;
        if (V0Upgrade.applies(current)) {
            announce(source, "V0LayerParameter");
            V0Upgrade upgrade = new V0Upgrade(source);
            current = upgrade.upgrade(current);
            complete = upgrade.complete();
        }
        if (V1Upgrade.hasDataTransform(current)) {
            announce(source, "transformation parameters");
            current = V1Upgrade.moveDataTransform(current);
        }
        if (current.getLayersCount() > 0) {
            announce(source, "V1LayerParameter");
            for (V1LayerParameter layer : current.getLayersList()) {
                complete &= !layer.hasLayer();
            }
            current = V1Upgrade.upgrade(current);
        }
        if (current.getInputCount() > 0) {
            announce(source, "input fields");
            current = inputsToLayer(current, source);
        }
        if (current.getLayerList().stream().anyMatch(NetUpgrade::hasBatchNormMultipliers)) {
            announce(source, "batch norm params");
            current = zeroBatchNormMultipliers(current);
        }
        return new Result(current, current != net, complete);
    }

    private static void announce(String source, String what) {
        LOG.info("Attempting to upgrade input file specified using deprecated {}: {}", what, source);
        LOG.warn("{} uses deprecated {}; it was upgraded in memory, save it anew to be rid of this message", source, what);
    }

    private static NetParameter inputsToLayer(NetParameter net, String source) {
        NetParameter.Builder upgraded = net.toBuilder().clearInput().clearInputShape().clearInputDim().clearLayer();
        if (net.getInputShapeCount() > 0 || net.getInputDimCount() > 0) {
            InputParameter.Builder shapes = InputParameter.newBuilder();
            for (int i = 0; i < net.getInputCount(); i++) {
                shapes.addShape(inputShape(net, i, source));
            }
            upgraded.addLayer(LayerParameter.newBuilder().setName("input").setType("Input").addAllTop(net.getInputList())
                    .setInputParam(shapes));
        }
        return upgraded.addAllLayer(net.getLayerList()).build();
    }

    private static BlobShape inputShape(NetParameter net, int input, String source) {
        if (net.getInputShapeCount() > 0) {
            if (input >= net.getInputShapeCount()) {
                throw new NetDefinitionException(source + ": input \"" + net.getInput(input) + "\" has no input_shape: "
                        + net.getInputCount() + " input fields, " + net.getInputShapeCount() + " input_shape; give one for each input");
            }
            return net.getInputShape(input);
        }
        int from = LEGACY_AXES * input;
        if (from + LEGACY_AXES > net.getInputDimCount()) {
            throw new NetDefinitionException(source + ": input \"" + net.getInput(input) + "\" lacks input_dim: expected 4 for each of "
                    + net.getInputCount() + " inputs, found " + net.getInputDimCount());
        }
        BlobShape.Builder shape = BlobShape.newBuilder();
        for (int dim : net.getInputDimList().subList(from, from + LEGACY_AXES)) {
            shape.addDim(dim);
        }
        return shape.build();
    }

    /** The statistics of BatchNorm must not be learned; old nets said so with three params that may hold anything. */
    private static boolean hasBatchNormMultipliers(LayerParameter layer) {
        return layer.getType().equals("BatchNorm") && layer.getParamCount() == 3
                && layer.getParamList().stream().anyMatch(p -> !p.hasLrMult() || p.getLrMult() != 0 || !p.hasDecayMult()
                        || p.getDecayMult() != 0);
    }

    private static NetParameter zeroBatchNormMultipliers(NetParameter net) {
        NetParameter.Builder upgraded = net.toBuilder();
        for (LayerParameter.Builder layer : upgraded.getLayerBuilderList()) {
            if (layer.getType().equals("BatchNorm") && layer.getParamCount() == 3) {
                layer.getParamBuilderList().forEach(p -> p.setLrMult(0).setDecayMult(0));
            }
        }
        return upgraded.build();
    }
}
