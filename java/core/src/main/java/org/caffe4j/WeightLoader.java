package org.caffe4j;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.caffe4j.io.WeightBlob;
import org.caffe4j.io.Weights;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Brings weights into the layers of a net by layer name. */
final class WeightLoader {
    private static final Logger LOG = LoggerFactory.getLogger(Net.class);

    private WeightLoader() {
    }

    static LoadReport copy(List<NetLayer> layers, List<NetParams.Entry> params, Weights weights) {
        Map<String, NetLayer> targets = byName(layers);
        Set<Integer> filled = new HashSet<>();
        Map<Blob, WeightBlob> copies = new LinkedHashMap<>();
        List<String> loaded = new ArrayList<>();
        List<String> unused = new ArrayList<>();
        for (Weights.Layer source : weights.layers()) {
            NetLayer target = targets.get(source.name());
            if (target == null) {
                LOG.info("Ignoring source layer {}", source.name());
                unused.add(source.name());
                continue;
            }
            List<Blob> blobs = target.layer.blobs();
            if (!weights.ownedOnly() || source.blobs().size() > blobs.size()) {
                checkCounts(target, source.blobs().size());
            }
            for (int i = 0; i < blobs.size(); i++) {
                WeightBlob from = i < source.blobs().size() ? source.blobs().get(i) : null;
                Integer id = target.paramIds.get(i);
                if (from == null || !from.stored()) {
                    if (params.get(id).owner() == id) {
                        throw new NetDefinitionException("Incompatible number of blobs for layer " + target.name() + ": " + weights.source()
                                + " has no param " + i + ", which the layer does not share with another.");
                    }
                    continue;
                }
                if (!from.fits(blobs.get(i).shape())) {
                    throw mismatch(target, i, Blob.shapeString(from.shape()), blobs.get(i));
                }
                copies.put(blobs.get(i), from);
                filled.add(params.get(id).owner());
            }
            if (!source.blobs().isEmpty()) {
                loaded.add(source.name());
            }
        }
        copies.forEach((to, from) -> to.data().overwrite(from::copyTo));
        List<String> missing = layers.stream()
                .filter(layer -> layer.paramIds.stream().anyMatch(id -> !filled.contains(params.get(id).owner())))
                .map(NetLayer::name).toList();
        return new LoadReport(loaded, missing, unused);
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
                            + "'; shape mismatch.  Source param shape is " + from.shapeString()
                            + "; target param shape is " + to.shapeString());
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

    private static ShapeException mismatch(NetLayer target, int index, String source, Blob to) {
        return new ShapeException("Cannot copy param " + index + " weights from layer '" + target.name()
                + "'; shape mismatch.  Source param shape is " + source + "; target param shape is " + to.shapeString()
                + ". To learn this layer's parameters from scratch rather than copying from a saved net, rename the layer.");
    }
}
