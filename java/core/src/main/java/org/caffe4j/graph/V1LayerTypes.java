package org.caffe4j.graph;

import java.util.EnumMap;
import java.util.Map;
import org.caffe4j.proto.V1LayerParameter.LayerType;

/** The type strings that stand for the enum of V1 layers and for the names of V0 layers. */
public final class V1LayerTypes {
    private static final Map<LayerType, String> NAMES = new EnumMap<>(Map.ofEntries(
            Map.entry(LayerType.NONE, ""),
            Map.entry(LayerType.ABSVAL, "AbsVal"),
            Map.entry(LayerType.ACCURACY, "Accuracy"),
            Map.entry(LayerType.ARGMAX, "ArgMax"),
            Map.entry(LayerType.BNLL, "BNLL"),
            Map.entry(LayerType.CONCAT, "Concat"),
            Map.entry(LayerType.CONTRASTIVE_LOSS, "ContrastiveLoss"),
            Map.entry(LayerType.CONVOLUTION, "Convolution"),
            Map.entry(LayerType.DATA, "Data"),
            Map.entry(LayerType.DECONVOLUTION, "Deconvolution"),
            Map.entry(LayerType.DROPOUT, "Dropout"),
            Map.entry(LayerType.DUMMY_DATA, "DummyData"),
            Map.entry(LayerType.EUCLIDEAN_LOSS, "EuclideanLoss"),
            Map.entry(LayerType.ELTWISE, "Eltwise"),
            Map.entry(LayerType.EXP, "Exp"),
            Map.entry(LayerType.FLATTEN, "Flatten"),
            Map.entry(LayerType.HDF5_DATA, "HDF5Data"),
            Map.entry(LayerType.HDF5_OUTPUT, "HDF5Output"),
            Map.entry(LayerType.HINGE_LOSS, "HingeLoss"),
            Map.entry(LayerType.IM2COL, "Im2col"),
            Map.entry(LayerType.IMAGE_DATA, "ImageData"),
            Map.entry(LayerType.INFOGAIN_LOSS, "InfogainLoss"),
            Map.entry(LayerType.INNER_PRODUCT, "InnerProduct"),
            Map.entry(LayerType.LRN, "LRN"),
            Map.entry(LayerType.MEMORY_DATA, "MemoryData"),
            Map.entry(LayerType.MULTINOMIAL_LOGISTIC_LOSS, "MultinomialLogisticLoss"),
            Map.entry(LayerType.MVN, "MVN"),
            Map.entry(LayerType.POOLING, "Pooling"),
            Map.entry(LayerType.POWER, "Power"),
            Map.entry(LayerType.RELU, "ReLU"),
            Map.entry(LayerType.SIGMOID, "Sigmoid"),
            Map.entry(LayerType.SIGMOID_CROSS_ENTROPY_LOSS, "SigmoidCrossEntropyLoss"),
            Map.entry(LayerType.SILENCE, "Silence"),
            Map.entry(LayerType.SOFTMAX, "Softmax"),
            Map.entry(LayerType.SOFTMAX_LOSS, "SoftmaxWithLoss"),
            Map.entry(LayerType.SPLIT, "Split"),
            Map.entry(LayerType.SLICE, "Slice"),
            Map.entry(LayerType.TANH, "TanH"),
            Map.entry(LayerType.WINDOW_DATA, "WindowData"),
            Map.entry(LayerType.THRESHOLD, "Threshold")));

    private static final Map<String, LayerType> V0_TYPES = Map.ofEntries(
            Map.entry("accuracy", LayerType.ACCURACY),
            Map.entry("bnll", LayerType.BNLL),
            Map.entry("concat", LayerType.CONCAT),
            Map.entry("conv", LayerType.CONVOLUTION),
            Map.entry("data", LayerType.DATA),
            Map.entry("dropout", LayerType.DROPOUT),
            Map.entry("euclidean_loss", LayerType.EUCLIDEAN_LOSS),
            Map.entry("flatten", LayerType.FLATTEN),
            Map.entry("hdf5_data", LayerType.HDF5_DATA),
            Map.entry("hdf5_output", LayerType.HDF5_OUTPUT),
            Map.entry("im2col", LayerType.IM2COL),
            Map.entry("images", LayerType.IMAGE_DATA),
            Map.entry("infogain_loss", LayerType.INFOGAIN_LOSS),
            Map.entry("innerproduct", LayerType.INNER_PRODUCT),
            Map.entry("lrn", LayerType.LRN),
            Map.entry("multinomial_logistic_loss", LayerType.MULTINOMIAL_LOGISTIC_LOSS),
            Map.entry("pool", LayerType.POOLING),
            Map.entry("relu", LayerType.RELU),
            Map.entry("sigmoid", LayerType.SIGMOID),
            Map.entry("softmax", LayerType.SOFTMAX),
            Map.entry("softmax_loss", LayerType.SOFTMAX_LOSS),
            Map.entry("split", LayerType.SPLIT),
            Map.entry("tanh", LayerType.TANH),
            Map.entry("window_data", LayerType.WINDOW_DATA));

    private V1LayerTypes() {
    }

    /** The current type string of a V1 enum value, e.g. {@code SOFTMAX_LOSS} is "SoftmaxWithLoss"; {@code NONE} is the empty string. */
    public static String name(LayerType type) {
        return NAMES.get(type);
    }

    /** The V1 enum value of a V0 type name, or null for a name that V0 did not have. */
    public static LayerType ofV0(String v0Type) {
        return V0_TYPES.get(v0Type);
    }
}
