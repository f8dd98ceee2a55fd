package org.caffe4j.graph;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.caffe4j.NetDefinitionException;
import org.caffe4j.proto.LayerParameter;
import org.caffe4j.proto.NetParameter;

/**
 * Puts a Split layer behind every top that more than one consumer reads, so that each consumer gets its own gradient. A consumer is a
 * bottom that names the top, or a loss weight other than zero on it. Where a name is produced several times (in-place layers) the latest
 * producer counts. A pure function. Source: Caffe's automatic split insertion, names included.
 */
public final class SplitInsertion {
    private SplitInsertion() {
    }

    /** Name of the Split layer behind top number {@code top} of a layer. */
    public static String layerName(String layer, String blob, int top) {
        return blob + "_" + layer + "_" + top + "_split";
    }

    /** Name of the blob that consumer number {@code consumer} of a split top reads. */
    public static String blobName(String layer, String blob, int top, int consumer) {
        return layerName(layer, blob, top) + "_" + consumer;
    }

    /**
     * The net with Split layers inserted and the bottoms behind them renamed.
     *
     * @throws NetDefinitionException if a bottom names a blob that no earlier layer produces
     */
    public static NetParameter insert(NetParameter net) {
        Map<LayerBottom, Producer> sources = new HashMap<>();
        connect(net, sources);
        NetParameter.Builder result = net.toBuilder().clearLayer();
        Map<LayerTop, Producer> producers = new HashMap<>();
        sources.values().forEach(producer -> producers.put(producer.top, producer));
        for (int i = 0; i < net.getLayerCount(); i++) {
            LayerParameter original = net.getLayer(i);
            LayerParameter.Builder layer = original.toBuilder();
            for (int j = 0; j < layer.getBottomCount(); j++) {
                Producer source = sources.get(new LayerBottom(i, j));
                if (source.consumers > 1) {
                    layer.setBottom(j, blobName(source.layerName, layer.getBottom(j), source.top.top, source.next++));
                }
            }
            List<LayerParameter> splits = new ArrayList<>();
            for (int j = 0; j < original.getTopCount(); j++) {
                Producer producer = producers.get(new LayerTop(i, j));
                if (producer == null || producer.consumers < 2) {
                    continue;
                }
                splits.add(split(original, j, producer));
                if (producer.lossWeight != 0) {
                    layer.clearLossWeight();
                    producer.next++;
                }
            }
            result.addLayer(layer).addAllLayer(splits);
        }
        return result.build();
    }

    private static void connect(NetParameter net, Map<LayerBottom, Producer> sources) {
        Map<String, Producer> latest = new HashMap<>();
        for (int i = 0; i < net.getLayerCount(); i++) {
            LayerParameter layer = net.getLayer(i);
            for (int j = 0; j < layer.getBottomCount(); j++) {
                Producer producer = latest.get(layer.getBottom(j));
                if (producer == null) {
                    throw unknownBottom(layer.getBottom(j), layer.getName(), j);
                }
                sources.put(new LayerBottom(i, j), producer);
                producer.consumers++;
            }
            for (int j = 0; j < layer.getTopCount(); j++) {
                latest.put(layer.getTop(j), new Producer(new LayerTop(i, j), layer.getName()));
            }
            for (int j = 0; j < Math.min(layer.getLossWeightCount(), layer.getTopCount()); j++) {
                Producer producer = latest.get(layer.getTop(j));
                producer.lossWeight = layer.getLossWeight(j);
                if (producer.lossWeight != 0) {
                    producer.consumers++;
                }
            }
        }
    }

    private static NetDefinitionException unknownBottom(String blob, String layer, int index) {
        return new NetDefinitionException("Unknown bottom blob '" + blob + "' (layer '" + layer + "', bottom index " + index
                + "). No earlier layer of this phase has it as a top: check the name, the order of the layers and their include rules.");
    }

    private static LayerParameter split(LayerParameter layer, int top, Producer producer) {
        LayerParameter.Builder split = LayerParameter.newBuilder()
                .setName(layerName(layer.getName(), layer.getTop(top), top)).setType("Split").addBottom(layer.getTop(top));
        for (int k = 0; k < producer.consumers; k++) {
            split.addTop(blobName(layer.getName(), layer.getTop(top), top, k));
            if (producer.lossWeight != 0) {
                split.addLossWeight(k == 0 ? producer.lossWeight : 0);
            }
        }
        return split.build();
    }

    private record LayerBottom(int layer, int bottom) {
    }

    private record LayerTop(int layer, int top) {
    }

    private static final class Producer {
        private final LayerTop top;
        private final String layerName;
        private int consumers;
        private int next;
        private float lossWeight;

        private Producer(LayerTop top, String layerName) {
            this.top = top;
            this.layerName = layerName;
        }
    }
}
