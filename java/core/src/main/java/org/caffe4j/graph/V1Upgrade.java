package org.caffe4j.graph;

import com.google.protobuf.Descriptors.FieldDescriptor;
import com.google.protobuf.Message;
import java.util.List;
import java.util.Map;
import org.caffe4j.proto.DataParameter;
import org.caffe4j.proto.ImageDataParameter;
import org.caffe4j.proto.LayerParameter;
import org.caffe4j.proto.NetParameter;
import org.caffe4j.proto.ParamSpec;
import org.caffe4j.proto.TransformationParameter;
import org.caffe4j.proto.V1LayerParameter;
import org.caffe4j.proto.WindowDataParameter;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** The rules from {@code layers} (V1, an enum as type) to {@code layer} (a string as type). */
final class V1Upgrade {
    private static final Logger LOG = LoggerFactory.getLogger(V1Upgrade.class);
    private static final List<String> TRANSFORM_FIELDS = List.of("scale", "mean_file", "crop_size", "mirror");

    private V1Upgrade() {
    }

    static boolean hasDataTransform(NetParameter net) {
        return net.getLayersList().stream().anyMatch(V1Upgrade::hasDataTransform);
    }

    private static boolean hasDataTransform(V1LayerParameter layer) {
        Message data = dataParam(layer);
        return data != null && TRANSFORM_FIELDS.stream().anyMatch(name -> data.hasField(field(data, name)));
    }

    /** Moves scale, mean_file, crop_size and mirror of DATA, IMAGE_DATA and WINDOW_DATA layers to transform_param. */
    static NetParameter moveDataTransform(NetParameter net) {
        NetParameter.Builder upgraded = net.toBuilder();
        for (V1LayerParameter.Builder layer : upgraded.getLayersBuilderList()) {
            V1LayerParameter built = layer.build();
            if (!hasDataTransform(built)) {
                continue;
            }
            Message data = dataParam(built);
            Message.Builder kept = data.toBuilder();
            TransformationParameter.Builder transform = layer.getTransformParamBuilder();
            for (String name : TRANSFORM_FIELDS) {
                FieldDescriptor from = field(data, name);
                if (data.hasField(from)) {
                    transform.setField(transform.getDescriptorForType().findFieldByName(name), data.getField(from));
                    kept.clearField(from);
                }
            }
            setDataParam(layer, kept.build());
        }
        return upgraded.build();
    }

    private static FieldDescriptor field(Message message, String name) {
        return message.getDescriptorForType().findFieldByName(name);
    }

    private static Message dataParam(V1LayerParameter layer) {
        return switch (layer.getType()) {
            case DATA -> layer.getDataParam();
            case IMAGE_DATA -> layer.getImageDataParam();
            case WINDOW_DATA -> layer.getWindowDataParam();
            default -> null;
        };
    }

    private static void setDataParam(V1LayerParameter.Builder layer, Message data) {
        switch (layer.getType()) {
            case DATA -> layer.setDataParam((DataParameter) data);
            case IMAGE_DATA -> layer.setImageDataParam((ImageDataParameter) data);
            default -> layer.setWindowDataParam((WindowDataParameter) data);
        }
    }

    static NetParameter upgrade(NetParameter net) {
        NetParameter.Builder upgraded = net.toBuilder().clearLayers();
        for (V1LayerParameter layer : net.getLayersList()) {
            upgraded.addLayer(upgrade(layer));
        }
        return upgraded.build();
    }

    /** Every field that both formats have moves by its name; the rest is the type and what {@code param} gathers. */
    private static LayerParameter upgrade(V1LayerParameter layer) {
        LayerParameter.Builder upgraded = LayerParameter.newBuilder();
        for (Map.Entry<FieldDescriptor, Object> entry : layer.getAllFields().entrySet()) {
            String name = entry.getKey().getName();
            switch (name) {
                case "layer" -> LOG.error("Layer '{}' holds a V0 layer that is dropped", layer.getName());
                case "type" -> upgraded.setType(V1LayerTypes.name(layer.getType()));
                case "blobs_lr", "weight_decay", "param", "blob_share_mode" -> { }
                default -> upgraded.setField(LayerParameter.getDescriptor().findFieldByName(name), entry.getValue());
            }
        }
        for (int i = 0; i < layer.getBlobsLrCount(); i++) {
            param(upgraded, i).setLrMult(layer.getBlobsLr(i));
        }
        for (int i = 0; i < layer.getWeightDecayCount(); i++) {
            param(upgraded, i).setDecayMult(layer.getWeightDecay(i));
        }
        for (int i = 0; i < layer.getParamCount(); i++) {
            param(upgraded, i).setName(layer.getParam(i));
        }
        for (int i = 0; i < layer.getBlobShareModeCount(); i++) {
            param(upgraded, i).setShareMode(ParamSpec.DimCheckMode.forNumber(layer.getBlobShareMode(i).getNumber()));
        }
        return upgraded.build();
    }

    private static ParamSpec.Builder param(LayerParameter.Builder layer, int index) {
        while (layer.getParamCount() <= index) {
            layer.addParamBuilder();
        }
        return layer.getParamBuilder(index);
    }
}
