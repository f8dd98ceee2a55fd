package org.caffe4j.tools.netgraph;

import java.util.ArrayList;
import java.util.EnumSet;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.caffe4j.proto.LayerParameter;
import org.caffe4j.proto.NetParameter;
import org.caffe4j.proto.NetStateRule;
import org.caffe4j.proto.Phase;

/**
 * A net as boxes and arrows. A box is a layer with the layers behind it that work in place on its top; or, without layers, an output of the
 * net. An arrow is a blob that one box makes and another takes.
 *
 * <p>A net that was not filtered may make a blob of one name twice, once for each phase; a box takes it from all whose phase is also its
 * own. Phases are read from the layers' include and exclude rules; stages and levels are left aside.
 */
public record NetGraph(List<Box> boxes, List<Arrow> arrows) {
    /**
     * One box.
     *
     * @param layers in order; none for an output of the net
     * @param output name of the blob, for an output of the net
     */
    public record Box(List<LayerParameter> layers, String output) {
        boolean isOutput() {
            return layers.isEmpty();
        }

        /** Boxes are told apart by identity: a net may have two that say the same. */
        @Override
        public boolean equals(Object other) {
            return this == other;
        }

        @Override
        public int hashCode() {
            return System.identityHashCode(this);
        }
    }

    /** A blob on its way; {@code maker} is the layer of {@code from} that wrote it last. */
    public record Arrow(Box from, Box to, String blob, LayerParameter maker) {
    }

    private record Source(Box box, LayerParameter maker, Set<Phase> phases) {
    }

    /** The graph of a net definition of the current format. */
    public static NetGraph of(NetParameter net) {
        return new Builder().build(net);
    }

    /** The phases in which a layer is in the net, as far as its rules name phases. */
    static Set<Phase> phases(LayerParameter layer) {
        Set<Phase> phases = EnumSet.noneOf(Phase.class);
        for (Phase phase : Phase.values()) {
            boolean included = layer.getIncludeList().stream().anyMatch(rule -> !rule.hasPhase() || rule.getPhase() == phase);
            boolean excluded = layer.getExcludeList().stream().anyMatch(rule -> isOfPhaseAlone(rule) && rule.getPhase() == phase);
            if (layer.getIncludeCount() == 0 ? !excluded : included) {
                phases.add(phase);
            }
        }
        return phases;
    }

    private static boolean isOfPhaseAlone(NetStateRule rule) {
        return rule.hasPhase() && !rule.hasMinLevel() && !rule.hasMaxLevel() && rule.getStageCount() == 0 && rule.getNotStageCount() == 0;
    }

    private static final class Builder {
        private final List<Box> boxes = new ArrayList<>();
        private final List<Arrow> arrows = new ArrayList<>();
        private final Map<String, List<Source>> sources = new HashMap<>();
        private final Set<Source> taken = new HashSet<>();
        private final List<Source> made = new ArrayList<>();
        private final Map<Source, String> blobs = new HashMap<>();

        NetGraph build(NetParameter net) {
            net.getLayerList().forEach(this::add);
            for (Source source : made) {
                if (!taken.contains(source)) {
                    Box output = new Box(List.of(), blobs.get(source));
                    boxes.add(output);
                    arrows.add(new Arrow(source.box(), output, blobs.get(source), source.maker()));
                }
            }
            return new NetGraph(boxes, arrows);
        }

        private void add(LayerParameter layer) {
            Set<Phase> phases = phases(layer);
            if (worksInPlace(layer)) {
                List<Source> before = sources.getOrDefault(layer.getBottom(0), List.of()).stream().filter(s -> meet(s, phases)).toList();
                if (before.size() == 1 && !before.get(0).box().isOutput()) {
                    Source source = before.get(0);
                    source.box().layers().add(layer);
                    taken.add(source);
                    make(layer.getTop(0), new Source(source.box(), layer, source.phases()));
                    return;
                }
            }
            Box box = new Box(new ArrayList<>(List.of(layer)), null);
            boxes.add(box);
            for (String bottom : layer.getBottomList()) {
                for (Source source : sources.getOrDefault(bottom, List.of())) {
                    if (meet(source, phases)) {
                        taken.add(source);
                        arrows.add(new Arrow(source.box(), box, bottom, source.maker()));
                    }
                }
            }
            layer.getTopList().forEach(top -> make(top, new Source(box, layer, phases)));
        }

        private static boolean worksInPlace(LayerParameter layer) {
            return layer.getBottomCount() == 1 && layer.getTopCount() == 1 && layer.getBottom(0).equals(layer.getTop(0));
        }

        private static boolean meet(Source source, Set<Phase> phases) {
            return source.phases().stream().anyMatch(phases::contains);
        }

        /** Layers after this one take the blob from here, in the phases that the layer is in. */
        private void make(String blob, Source source) {
            List<Source> list = sources.computeIfAbsent(blob, name -> new ArrayList<>());
            list.removeIf(earlier -> source.phases().containsAll(earlier.phases()));
            list.add(source);
            made.add(source);
            blobs.put(source, blob);
        }
    }
}
