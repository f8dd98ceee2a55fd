package org.caffe4j;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Brings weights into the layers of a net by layer name. */
final class WeightLoader {
    private static final Logger LOG = LoggerFactory.getLogger(Net.class);

    private WeightLoader() {
    }

    static LoadReport share(List<NetLayer> layers, List<NetLayer> sources) {
        Map<String, NetLayer> targets = byName(layers);
        Set<String> loaded = new HashSet<>();
        List<String> unused = new ArrayList<>();
        for (NetLayer source : sources) {
            NetLayer target = targets.get(source.name());
            if (target == null) {
                LOG.info("Ignoring source layer {}", source.name());
                unused.add(source.name());
                continue;
            }
            checkCounts(target, source.layer.blobs().size());
            for (int i = 0; i < source.layer.blobs().size(); i++) {
                Blob from = source.layer.blobs().get(i);
                Blob to = target.layer.blobs().get(i);
                if (!Arrays.equals(from.shape(), to.shape())) {
                    throw new ShapeException("Cannot share param " + i + " weights from layer '" + source.name()
                            + "'; shape mismatch.  Source param shape is " + from.shapeString() + "; target param shape is " + to.shapeString());
                }
                to.shareData(from);
            }
            loaded.add(source.name());
        }
        List<String> learned = layers.stream().filter(layer -> !layer.layer.blobs().isEmpty()).map(NetLayer::name).toList();
        return new LoadReport(learned.stream().filter(loaded::contains).toList(),
                learned.stream().filter(layer -> !loaded.contains(layer)).toList(), unused);
    }

    private static Map<String, NetLayer> byName(List<NetLayer> layers) {
        Map<String, NetLayer> byName = new LinkedHashMap<>();
        layers.forEach(layer -> byName.putIfAbsent(layer.name(), layer));
        return byName;
    }

    private static void checkCounts(NetLayer target, int found) {
        if (target.layer.blobs().size() != found) {
            throw new NetDefinitionException("Incompatible number of blobs for layer " + target.name() + ": the source has " + found
                    + ", the net " + target.layer.blobs().size() + ". Is bias_term different?");
        }
    }
}
