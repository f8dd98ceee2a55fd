package org.caffe4j;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import org.caffe4j.graph.SplitInsertion;
import org.caffe4j.graph.StateFilter;
import org.caffe4j.io.PrototxtWriter;
import org.caffe4j.layer.LayerRegistry;
import org.caffe4j.proto.LayerParameter;
import org.caffe4j.proto.NetParameter;
import org.caffe4j.proto.ParamSpec;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Makes the layers and blobs of a net from its definition, in Caffe's order and with Caffe's log lines. Used once, by {@link Net}. */
final class NetBuilder implements AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(Net.class);
    private static final String AUTOMATIC = "(automatic)";

    final List<NetLayer> layers = new ArrayList<>();
    final List<Blob> blobs = new ArrayList<>();
    final List<String> blobNames = new ArrayList<>();
    final List<Float> lossWeights = new ArrayList<>();
    final List<Integer> inputIds = new ArrayList<>();
    final List<Integer> outputIds = new ArrayList<>();
    final NetParams params = new NetParams();

    private final Context context;
    private final Logger log;
    private final List<Boolean> blobNeedsBackward = new ArrayList<>();
    private final Map<String, Integer> blobIds = new HashMap<>();
    private final Set<String> unconsumed = new TreeSet<>();
    private long memory;

    NetBuilder(Context context) {
        this.context = context;
        log = context.rootLog(LOG);
    }

    /** Builds; where it throws, {@link #close} frees what was made so far. */
    void build(NetParameter definition) {
        NetParameter filtered = StateFilter.filter(definition);
        log.info("Initializing net from parameters: \n{}", PrototxtWriter.print(filtered));
        NetParameter net = SplitInsertion.insert(filtered);
        for (LayerParameter layer : net.getLayerList()) {
            add(layer.hasPhase() ? layer : layer.toBuilder().setPhase(net.getState().getPhase()).build());
        }
        decideBackward();
        if (net.getForceBackward()) {
            forceBackward();
        }
        for (String name : unconsumed) {
            log.info("This network produces output {}", name);
            outputIds.add(blobIds.get(name));
        }
        params.share();
        log.info("Network initialization done.");
    }

    private void add(LayerParameter param) {
        NetLayer layer = new NetLayer(param);
        if (param.getPropagateDownCount() != 0 && param.getPropagateDownCount() != param.getBottomCount()) {
            throw new NetDefinitionException("layer '" + param.getName() + "' (" + param.getType()
                    + "): propagate_down param must be specified either 0 or bottom_size times; it is given "
                    + param.getPropagateDownCount() + " times for " + param.getBottomCount() + " bottoms.");
        }
        log.info("Creating layer {}", param.getName());
        layer.layer = LayerRegistry.create(param, context);
        layers.add(layer);
        log.info("Creating Layer {}", param.getName());
        layer.propagateDown = new boolean[param.getBottomCount()];
        for (int i = 0; i < param.getBottomCount(); i++) {
            layer.needsBackward |= addBottom(layer, i);
        }
        for (int i = 0; i < param.getTopCount(); i++) {
            addTop(layer, i);
        }
        if (layer.layer.autoTopBlobs()) {
            int wanted = Math.max(layer.layer.minTops(), layer.layer.exactTops());
            while (layer.tops.size() < wanted) {
                log.info("{} -> {}", param.getName(), AUTOMATIC);
                addBlob(layer, AUTOMATIC);
            }
        }
        setUp(layer);
        addParams(layer);
        if (layer.needsBackward) {
            layer.topIds.forEach(id -> blobNeedsBackward.set(id, true));
        }
    }

    /** @return whether the blob needs a gradient, which propagate_down may keep from this layer but not from those above */
    private boolean addBottom(NetLayer layer, int index) {
        String name = layer.param.getBottom(index);
        Integer id = blobIds.get(name);
        if (id == null || !unconsumed.remove(name)) {
            throw new NetDefinitionException("Unknown bottom blob '" + name + "' (layer '" + layer.name() + "', bottom index " + index
                    + ")");
        }
        log.info("{} <- {}", layer.name(), name);
        layer.bottoms.add(blobs.get(id));
        layer.bottomIds.add(id);
        layer.propagateDown[index] = layer.param.getPropagateDownCount() > 0
                ? layer.param.getPropagateDown(index) : blobNeedsBackward.get(id);
        return blobNeedsBackward.get(id);
    }

    private void addTop(NetLayer layer, int index) {
        String name = layer.param.getTop(index);
        if (index < layer.param.getBottomCount() && name.equals(layer.param.getBottom(index))) {
            log.info("{} -> {} (in-place)", layer.name(), name);
            layer.tops.add(blobs.get(blobIds.get(name)));
            layer.topIds.add(blobIds.get(name));
        } else if (blobIds.containsKey(name)) {
            throw new NetDefinitionException("Top blob '" + name + "' produced by multiple sources. Layer '" + layer.name()
                    + "' may write it only in place, as its bottom at the same index " + index + ".");
        } else {
            log.info("{} -> {}", layer.name(), name);
            blobIds.put(name, blobs.size());
            if (layer.param.getType().equals("Input")) {
                inputIds.add(blobs.size());
            }
            addBlob(layer, name);
        }
        unconsumed.add(name);
    }

    private void addBlob(NetLayer layer, String name) {
        Blob blob = new Blob(context, 0);
        layer.topIds.add(blobs.size());
        layer.tops.add(blob);
        blobs.add(blob);
        blobNames.add(name);
        blobNeedsBackward.add(false);
        lossWeights.add(0f);
    }

    private void setUp(NetLayer layer) {
        layer.checkBlobCounts();
        LayerCalls.setUp(layer);
        checkEmbeddedBlobs(layer);
        LayerCalls.reshape(layer);
        layer.setLossWeights();
        log.info("Setting up {}", layer.name());
        for (int i = 0; i < layer.tops.size(); i++) {
            lossWeights.set(layer.topIds.get(i), layer.lossWeight(i));
            log.info("Top shape: {}", layer.tops.get(i).shapeString());
            if (layer.lossWeight(i) != 0) {
                log.info("    with loss weight {}", LogNumbers.format(layer.lossWeight(i)));
            }
            memory += layer.tops.get(i).count() * Float.BYTES;
        }
        log.info("Memory required for data: {}", memory);
    }

    private static void checkEmbeddedBlobs(NetLayer layer) {
        int embedded = layer.param.getBlobsCount();
        if (embedded > 0 && embedded != layer.layer.blobs().size()) {
            throw new NetDefinitionException(layer.layer.where() + "Incorrect number of weight blobs. The definition embeds " + embedded
                    + ", the layer has " + layer.layer.blobs().size() + ". Is bias_term different?");
        }
    }

    private void addParams(NetLayer layer) {
        int count = layer.layer.blobs().size();
        if (layer.param.getParamCount() > count) {
            throw new NetDefinitionException("Too many params specified for layer " + layer.name() + ": " + layer.param.getParamCount()
                    + " param entries for " + count + " parameter blobs.");
        }
        for (int i = 0; i < count; i++) {
            boolean given = i < layer.param.getParamCount();
            ParamSpec spec = given ? layer.param.getParam(i) : layer.layer.defaultParam(i);
            // Caffe counts every blob here for which the definition has no param, also those that the layer itself exempts from learning.
            boolean learns = !given || spec.getLrMult() != 0;
            layer.needsBackward |= learns;
            layer.layer.setParamPropagateDown(i, learns);
            params.add(layer, i, spec);
        }
    }

    /** Switches off, from the last layer to the first, what contributes to no loss or is wanted by nobody above. */
    private void decideBackward() {
        Set<String> underLoss = new HashSet<>();
        Set<String> skipped = new HashSet<>();
        for (int i = layers.size() - 1; i >= 0; i--) {
            NetLayer layer = layers.get(i);
            boolean contributes = false;
            boolean allSkipped = true;
            for (int j = 0; j < layer.tops.size(); j++) {
                String name = blobNames.get(layer.topIds.get(j));
                contributes |= layer.lossWeight(j) != 0 || underLoss.contains(name);
                allSkipped &= skipped.contains(name);
            }
            if (layer.needsBackward && allSkipped) {
                layer.needsBackward = false;
                Arrays.fill(layer.propagateDown, false);
            }
            layer.needsBackward &= contributes;
            log.info(layer.needsBackward ? "{} needs backward computation." : "{} does not need backward computation.", layer.name());
            for (int j = 0; j < layer.bottoms.size(); j++) {
                String name = blobNames.get(layer.bottomIds.get(j));
                if (contributes) {
                    underLoss.add(name);
                } else {
                    layer.propagateDown[j] = false;
                }
                if (!layer.propagateDown[j]) {
                    skipped.add(name);
                }
            }
        }
    }

    private void forceBackward() {
        for (NetLayer layer : layers) {
            layer.needsBackward = true;
            for (int j = 0; j < layer.bottoms.size(); j++) {
                layer.propagateDown[j] |= layer.layer.allowForceBackward(j);
            }
            for (int j = 0; j < layer.layer.blobs().size(); j++) {
                layer.layer.setParamPropagateDown(j, true);
            }
        }
    }

    @Override
    public void close() {
        for (NetLayer layer : layers) {
            layer.layer.close();
        }
        blobs.forEach(Blob::close);
    }
}
