package org.caffe4j.graph;

import org.caffe4j.NetDefinitionException;
import org.caffe4j.proto.LayerParameter;
import org.caffe4j.proto.NetParameter;
import org.caffe4j.proto.NetState;
import org.caffe4j.proto.NetStateRule;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Drops the layers whose include and exclude rules do not fit the state (phase, level, stages) of the net. A pure function; every rule
 * that fails is logged at INFO with the reason. Source: Caffe's NetState and NetStateRule.
 */
public final class StateFilter {
    private static final Logger LOG = LoggerFactory.getLogger(StateFilter.class);

    private StateFilter() {
    }

    /**
     * The net with only those layers that its own {@code state} asks for, in the same order; all other fields stay.
     *
     * @throws NetDefinitionException if a layer has both include and exclude rules
     */
    public static NetParameter filter(NetParameter net) {
        NetParameter.Builder filtered = net.toBuilder().clearLayer();
        for (LayerParameter layer : net.getLayerList()) {
            if (isIncluded(net.getState(), layer)) {
                filtered.addLayer(layer);
            }
        }
        return filtered.build();
    }

    /** Whether a rule is met: every field that it gives holds for the state. An empty rule is always met. */
    public static boolean meets(NetState state, NetStateRule rule, String layerName) {
        if (rule.hasPhase() && rule.getPhase() != state.getPhase()) {
            LOG.info("The NetState phase ({}) differed from the phase ({}) specified by a rule in layer {}",
                    state.getPhase().getNumber(), rule.getPhase().getNumber(), layerName);
            return false;
        }
        if (rule.hasMinLevel() && state.getLevel() < rule.getMinLevel()) {
            LOG.info("The NetState level ({}) is below the min_level ({}) specified by a rule in layer {}",
                    state.getLevel(), rule.getMinLevel(), layerName);
            return false;
        }
        if (rule.hasMaxLevel() && state.getLevel() > rule.getMaxLevel()) {
            LOG.info("The NetState level ({}) is above the max_level ({}) specified by a rule in layer {}",
                    state.getLevel(), rule.getMaxLevel(), layerName);
            return false;
        }
        for (String stage : rule.getStageList()) {
            if (!state.getStageList().contains(stage)) {
                LOG.info("The NetState did not contain stage '{}' specified by a rule in layer {}", stage, layerName);
                return false;
            }
        }
        for (String stage : rule.getNotStageList()) {
            if (state.getStageList().contains(stage)) {
                LOG.info("The NetState contained a not_stage '{}' specified by a rule in layer {}", stage, layerName);
                return false;
            }
        }
        return true;
    }

    private static boolean isIncluded(NetState state, LayerParameter layer) {
        if (layer.getIncludeCount() > 0 && layer.getExcludeCount() > 0) {
            throw new NetDefinitionException("Specify either include rules or exclude rules; not both. Layer '" + layer.getName() + "' has "
                    + layer.getIncludeCount() + " include and " + layer.getExcludeCount() + " exclude rules.");
        }
        if (layer.getIncludeCount() == 0) {
            return layer.getExcludeList().stream().noneMatch(rule -> meets(state, rule, layer.getName()));
        }
        return layer.getIncludeList().stream().anyMatch(rule -> meets(state, rule, layer.getName()));
    }
}
