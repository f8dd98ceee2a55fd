package org.caffe4j.graph;

import com.google.protobuf.Descriptors.EnumValueDescriptor;
import com.google.protobuf.Descriptors.FieldDescriptor;
import com.google.protobuf.Message;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.caffe4j.NetDefinitionException;
import org.caffe4j.proto.NetParameter;
import org.caffe4j.proto.PoolingParameter;
import org.caffe4j.proto.V0LayerParameter;
import org.caffe4j.proto.V1LayerParameter;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The rules from V0 (a flat {@code layers { layer { … } }} with a lower-case type name) to V1. Padding layers are folded into the pad of
 * the convolutions and poolings that read them.
 */
final class V0Upgrade {
    private static final Logger LOG = LoggerFactory.getLogger(V0Upgrade.class);

    /** Where the fields of each V0 type go: V0 field to field of the parameter message of V1. */
    private record Target(String message, Map<String, String> fields) {
    }

    private static final Map<String, Target> TARGETS = Map.ofEntries(
            Map.entry("conv", new Target("convolution_param", Map.of("num_output", "num_output", "biasterm", "bias_term",
                    "weight_filler", "weight_filler", "bias_filler", "bias_filler", "pad", "pad", "kernelsize", "kernel_size",
                    "group", "group", "stride", "stride"))),
            Map.entry("innerproduct", new Target("inner_product_param", Map.of("num_output", "num_output", "biasterm", "bias_term",
                    "weight_filler", "weight_filler", "bias_filler", "bias_filler"))),
            Map.entry("pool", new Target("pooling_param", Map.of("pool", "pool", "pad", "pad", "kernelsize", "kernel_size",
                    "stride", "stride"))),
            Map.entry("dropout", new Target("dropout_param", Map.of("dropout_ratio", "dropout_ratio"))),
            Map.entry("lrn", new Target("lrn_param", Map.of("local_size", "local_size", "alpha", "alpha", "beta", "beta", "k", "k"))),
            Map.entry("data", new Target("data_param", Map.of("source", "source", "batchsize", "batch_size",
                    "rand_skip", "rand_skip"))),
            Map.entry("hdf5_data", new Target("hdf5_data_param", Map.of("source", "source", "batchsize", "batch_size"))),
            Map.entry("images", new Target("image_data_param", Map.of("source", "source", "batchsize", "batch_size",
                    "rand_skip", "rand_skip", "shuffle_images", "shuffle", "new_height", "new_height", "new_width", "new_width"))),
            Map.entry("window_data", new Target("window_data_param", Map.of("source", "source", "batchsize", "batch_size",
                    "det_fg_threshold", "fg_threshold", "det_bg_threshold", "bg_threshold", "det_fg_fraction", "fg_fraction",
                    "det_context_pad", "context_pad", "det_crop_mode", "crop_mode"))),
            Map.entry("infogain_loss", new Target("infogain_loss_param", Map.of("source", "source"))),
            Map.entry("concat", new Target("concat_param", Map.of("concat_dim", "concat_dim"))));

    private static final Target NOTHING = new Target("", Map.of());
    private static final Map<String, String> TRANSFORM = Map.of("scale", "scale", "meanfile", "mean_file", "cropsize", "crop_size",
            "mirror", "mirror");
    private static final String PADDING = "padding";

    private final String source;
    private boolean complete = true;

    V0Upgrade(String source) {
        this.source = source;
    }

    static boolean applies(NetParameter net) {
        return net.getLayersList().stream().anyMatch(V1LayerParameter::hasLayer);
    }

    /** False after an upgrade that dropped a field. */
    boolean complete() {
        return complete;
    }

    NetParameter upgrade(NetParameter net) {
        NetParameter folded = foldPadding(net);
        NetParameter.Builder upgraded = folded.toBuilder().clearLayers();
        for (V1LayerParameter layer : folded.getLayersList()) {
            upgraded.addLayers(layer.hasLayer() ? upgrade(layer) : layer);
        }
        return upgraded.build();
    }

    private NetParameter foldPadding(NetParameter net) {
        NetParameter.Builder folded = net.toBuilder().clearLayers();
        Map<String, V1LayerParameter> producers = new HashMap<>();
        for (V1LayerParameter layer : net.getLayersList()) {
            V1LayerParameter.Builder kept = layer.toBuilder();
            for (int i = 0; i < layer.getBottomCount(); i++) {
                V1LayerParameter producer = producers.get(layer.getBottom(i));
                if (producer != null && producer.getLayer().getType().equals(PADDING)) {
                    checkPadding(producer, layer);
                    kept.getLayerBuilder().setPad(producer.getLayer().getPad());
                    kept.setBottom(i, producer.getBottom(0));
                }
            }
            layer.getTopList().forEach(top -> producers.put(top, layer));
            if (!layer.getLayer().getType().equals(PADDING)) {
                folded.addLayers(kept);
            }
        }
        return folded.build();
    }

    private void checkPadding(V1LayerParameter padding, V1LayerParameter reader) {
        String where = source + ": padding layer '" + padding.getLayer().getName() + "'";
        String type = reader.getLayer().getType();
        if (!type.equals("conv") && !type.equals("pool")) {
            throw new NetDefinitionException(where + " is read by '" + reader.getLayer().getName() + "' of type \"" + type
                    + "\"; only conv and pool layers have a pad it can be folded into");
        }
        if (padding.getBottomCount() != 1 || padding.getTopCount() != 1 || reader.getBottomCount() != 1) {
            throw new NetDefinitionException(where + " and its reader '" + reader.getLayer().getName() + "' must have one bottom each and"
                    + " the padding layer one top; found " + padding.getBottomCount() + ", " + reader.getBottomCount() + " and "
                    + padding.getTopCount());
        }
    }

    private V1LayerParameter upgrade(V1LayerParameter old) {
        V0LayerParameter layer = old.getLayer();
        V1LayerParameter.Builder upgraded = old.toBuilder().clearLayer();
        Target target = TARGETS.getOrDefault(layer.getType(), NOTHING);
        for (Map.Entry<FieldDescriptor, Object> entry : layer.getAllFields().entrySet()) {
            String name = entry.getKey().getName();
            Object value = entry.getValue();
            if (name.equals("type")) {
                setType(upgraded, layer);
            } else if (List.of("name", "blobs", "blobs_lr", "weight_decay").contains(name)) {
                upgraded.setField(field(upgraded, name), value);
            } else if (name.equals("hdf5_output_param") && layer.getType().equals("hdf5_output")) {
                upgraded.setHdf5OutputParam(layer.getHdf5OutputParam());
            } else if (TRANSFORM.containsKey(name)) {
                set(upgraded.getTransformParamBuilder(), TRANSFORM.get(name), value);
            } else if (target.fields().containsKey(name)) {
                set(upgraded.getFieldBuilder(field(upgraded, target.message())), target.fields().get(name), value);
            } else {
                drop("Unknown parameter " + name + " for layer type " + layer.getType(), layer);
            }
        }
        return upgraded.build();
    }

    private void setType(V1LayerParameter.Builder upgraded, V0LayerParameter layer) {
        V1LayerParameter.LayerType type = V1LayerTypes.ofV0(layer.getType());
        if (type == null) {
            throw new NetDefinitionException(source + ": Unknown layer type: " + layer.getType() + " (V0 layer '" + layer.getName() + "')");
        }
        upgraded.setType(type);
    }

    private void drop(String what, V0LayerParameter layer) {
        LOG.error("{}: {} (layer '{}')", source, what, layer.getName());
        complete = false;
    }

    private static FieldDescriptor field(Message.Builder message, String name) {
        return message.getDescriptorForType().findFieldByName(name);
    }

    private static void set(Message.Builder message, String name, Object value) {
        FieldDescriptor field = field(message, name);
        if (field.getType() == FieldDescriptor.Type.ENUM) {
            message.setField(field, PoolingParameter.PoolMethod.forNumber(((EnumValueDescriptor) value)
                    .getNumber()).getValueDescriptor());
        } else if (field.isRepeated()) {
            message.addRepeatedField(field, value);
        } else {
            message.setField(field, value);
        }
    }
}
