package org.caffe4j.tools.netgraph;

import java.awt.Color;
import java.util.Set;

/** Layer types that a picture shows in one colour. */
enum LayerFamily {
    DATA(0x5b7f9e, "Input", "Data", "ImageData", "HDF5Data", "WindowData", "MemoryData", "DummyData", "HDF5Output", "Silence"),
    CONVOLUTION(0xd9534f, "Convolution", "Deconvolution", "Im2col"),
    POOLING(0xe08e2b, "Pooling", "SPP"),
    INNER_PRODUCT(0x8e5bb5, "InnerProduct", "Embed", "LSTM", "RNN", "LSTMUnit"),
    ACTIVATION(0x3a9d5d, "ReLU", "PReLU", "ELU", "Sigmoid", "TanH", "AbsVal", "BNLL", "Power", "Exp", "Log", "Swish", "Clip", "Threshold",
            "Dropout"),
    NORMALIZATION(0x1a9aa0, "LRN", "BatchNorm", "Scale", "Bias", "MVN", "Softmax"),
    LOSS(0xb8336a, "SoftmaxWithLoss", "EuclideanLoss", "HingeLoss", "ContrastiveLoss", "InfogainLoss", "MultinomialLogisticLoss",
            "SigmoidCrossEntropyLoss", "Accuracy"),
    OTHER(0x4a6fd4);

    private final Color color;
    private final Set<String> types;

    LayerFamily(int color, String... types) {
        this.color = new Color(color);
        this.types = Set.of(types);
    }

    static LayerFamily of(String type) {
        for (LayerFamily family : values()) {
            if (family.types.contains(type)) {
                return family;
            }
        }
        return OTHER;
    }

    /** The full colour, for edges and names. */
    Color color() {
        return color;
    }

    /** The same mixed with nine parts of white, for areas. */
    Color pale() {
        return new Color(mix(color.getRed()), mix(color.getGreen()), mix(color.getBlue()));
    }

    private static int mix(int part) {
        return (part + 9 * 255) / 10;
    }
}
