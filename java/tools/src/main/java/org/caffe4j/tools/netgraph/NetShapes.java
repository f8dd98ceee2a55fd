package org.caffe4j.tools.netgraph;

import com.google.protobuf.Descriptors.FieldDescriptor;
import com.google.protobuf.Message;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.LongStream;
import org.caffe4j.Blob;
import org.caffe4j.CaffeException;
import org.caffe4j.Context;
import org.caffe4j.Net;
import org.caffe4j.Phase;
import org.caffe4j.graph.StateFilter;
import org.caffe4j.layer.LayerRegistry;
import org.caffe4j.proto.BlobShape;
import org.caffe4j.proto.DummyDataParameter;
import org.caffe4j.proto.FillerParameter;
import org.caffe4j.proto.LayerParameter;
import org.caffe4j.proto.NetParameter;
import org.caffe4j.proto.TransformationParameter;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The shapes of a net's blobs, known from building the net. Where its data cannot be opened here, crop_size and batch_size stand in for
 * them, with three channels unless grey is asked for; layers of unknown types, and what lies behind them, have no shapes.
 */
public final class NetShapes {
    private static final Logger LOG = LoggerFactory.getLogger(NetShapes.class);
    private static final int COLOR = 3;

    private final Map<String, String> tops = new HashMap<>();
    private final Map<String, List<Long>> params = new HashMap<>();

    /** Builds the net in the given phases; a phase in which it cannot be built adds no shapes, and a warning says why. */
    public NetShapes(NetParameter net, List<Phase> phases) {
        for (Phase phase : phases) {
            NetParameter filtered = StateFilter.filter(net.toBuilder().setState(net.getState().toBuilder().setPhase(phase.proto())).build());
            NetParameter known = withoutUnknown(withoutFillers(filtered));
            try {
                collect(known);
            } catch (CaffeException e) {
                try {
                    collect(withStandIns(known));
                } catch (CaffeException again) {
                    LOG.warn("The shapes of phase {} are left out: {}", phase, e.getMessage());
                }
            }
        }
    }

    /** Shape of a top, {@code 64×3×227×227}; empty if it is not known, or a scalar. */
    Optional<String> top(LayerParameter layer, String blob) {
        return Optional.ofNullable(tops.get(key(layer, blob))).filter(shape -> !shape.isEmpty());
    }

    /** The number of parameter blobs of a layer; 0 if it is not known. */
    int paramCount(LayerParameter layer) {
        return params.getOrDefault(layer.getName(), List.of()).size();
    }

    /** The number of all learned values; 0 if it is not known. */
    public long weights() {
        return params.values().stream().flatMap(List::stream).mapToLong(count -> count).sum();
    }

    private static String key(LayerParameter layer, String blob) {
        return layer.getName() + "\n" + NetGraph.phases(layer) + "\n" + blob;
    }

    private void collect(NetParameter definition) {
        try (Context context = Context.cpu(1); Net net = new Net(definition, context)) {
            for (int i = 0; i < net.layers().size(); i++) {
                LayerParameter layer = net.layerParam(i);
                for (int j = 0; j < layer.getTopCount(); j++) {
                    tops.putIfAbsent(key(layer, layer.getTop(j)), LongStream.of(net.tops(i).get(j).shape()).mapToObj(Long::toString)
                            .collect(Collectors.joining("×")));
                }
                params.putIfAbsent(layer.getName(), net.layers().get(i).blobs().stream().map(Blob::count).toList());
            }
        }
    }

    /** Zeros do for a picture, and drawing millions of random numbers takes its time. */
    private static NetParameter withoutFillers(NetParameter net) {
        NetParameter.Builder result = net.toBuilder().clearLayer();
        for (LayerParameter layer : net.getLayerList()) {
            LayerParameter.Builder plain = layer.toBuilder();
            for (Map.Entry<FieldDescriptor, Object> field : layer.getAllFields().entrySet()) {
                if (field.getValue() instanceof Message message && !(message instanceof DummyDataParameter)) {
                    plain.setField(field.getKey(), withoutFillers(message));
                }
            }
            result.addLayer(plain);
        }
        return result.build();
    }

    private static Message withoutFillers(Message message) {
        Message.Builder plain = message.toBuilder();
        for (FieldDescriptor field : message.getAllFields().keySet()) {
            if (field.getJavaType() == FieldDescriptor.JavaType.MESSAGE && field.getMessageType() == FillerParameter.getDescriptor()) {
                plain.clearField(field);
            }
        }
        return plain.build();
    }

    private static NetParameter withoutUnknown(NetParameter net) {
        Set<String> types = Set.copyOf(LayerRegistry.types());
        Set<String> blobs = new HashSet<>();
        NetParameter.Builder result = net.toBuilder().clearLayer();
        for (LayerParameter layer : net.getLayerList()) {
            if (types.contains(layer.getType()) && blobs.containsAll(layer.getBottomList())) {
                result.addLayer(layer);
                blobs.addAll(layer.getTopList());
            } else {
                LOG.warn("Layer '{}' ({}) and what lies behind it have no shapes", layer.getName(), layer.getType());
                layer.getTopList().forEach(blobs::remove);
            }
        }
        return result.build();
    }

    private static NetParameter withStandIns(NetParameter net) {
        NetParameter.Builder result = net.toBuilder().clearLayer();
        net.getLayerList().forEach(layer -> result.addLayer(standIn(layer)));
        return result.build();
    }

    private static LayerParameter standIn(LayerParameter layer) {
        TransformationParameter transform = layer.getTransformParam();
        int crop = transform.getCropSize();
        List<Integer> shape = new ArrayList<>();
        switch (layer.getType()) {
            case "Data" -> shape.addAll(List.of(layer.getDataParam().getBatchSize(), COLOR, crop, crop));
            case "ImageData" -> shape.addAll(List.of(layer.getImageDataParam().getBatchSize(), layer.getImageDataParam().getIsColor() ? COLOR : 1,
                    crop > 0 ? crop : layer.getImageDataParam().getNewHeight(), crop > 0 ? crop : layer.getImageDataParam().getNewWidth()));
            case "WindowData" -> shape.addAll(List.of(layer.getWindowDataParam().getBatchSize(), COLOR, crop, crop));
            default -> {
                return layer;
            }
        }
        if (transform.getForceGray()) {
            shape.set(1, 1);
        }
        if (shape.contains(0)) {
            return layer;
        }
        DummyDataParameter.Builder data = DummyDataParameter.newBuilder();
        for (int i = 0; i < layer.getTopCount(); i++) {
            BlobShape.Builder dims = BlobShape.newBuilder().addDim(shape.get(0));
            if (i == 0) {
                shape.subList(1, 4).forEach(dims::addDim);
            }
            data.addShape(dims);
        }
        return layer.toBuilder().setType("DummyData").clearDataParam().clearTransformParam().setDummyDataParam(data).build();
    }
}
