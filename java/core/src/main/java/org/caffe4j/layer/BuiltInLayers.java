package org.caffe4j.layer;

import java.util.Collections;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.function.BiFunction;
import org.caffe4j.Context;
import org.caffe4j.layer.activation.AbsValLayer;
import org.caffe4j.layer.activation.BNLLLayer;
import org.caffe4j.layer.activation.BiasLayer;
import org.caffe4j.layer.activation.ClipLayer;
import org.caffe4j.layer.activation.DropoutLayer;
import org.caffe4j.layer.activation.ELULayer;
import org.caffe4j.layer.activation.ExpLayer;
import org.caffe4j.layer.activation.LogLayer;
import org.caffe4j.layer.activation.PReLULayer;
import org.caffe4j.layer.activation.PowerLayer;
import org.caffe4j.layer.activation.ReLULayer;
import org.caffe4j.layer.activation.ScaleLayer;
import org.caffe4j.layer.activation.SigmoidLayer;
import org.caffe4j.layer.activation.SwishLayer;
import org.caffe4j.layer.activation.TanHLayer;
import org.caffe4j.layer.activation.ThresholdLayer;
import org.caffe4j.layer.data.DataLayer;
import org.caffe4j.layer.data.DummyDataLayer;
import org.caffe4j.layer.data.HDF5DataLayer;
import org.caffe4j.layer.data.HDF5OutputLayer;
import org.caffe4j.layer.data.ImageDataLayer;
import org.caffe4j.layer.data.InputLayer;
import org.caffe4j.layer.data.MemoryDataLayer;
import org.caffe4j.layer.data.WindowDataLayer;
import org.caffe4j.layer.linear.ConvolutionLayer;
import org.caffe4j.layer.linear.DeconvolutionLayer;
import org.caffe4j.layer.linear.EmbedLayer;
import org.caffe4j.layer.linear.Im2colLayer;
import org.caffe4j.layer.linear.InnerProductLayer;
import org.caffe4j.layer.loss.AccuracyLayer;
import org.caffe4j.layer.loss.ContrastiveLossLayer;
import org.caffe4j.layer.loss.EuclideanLossLayer;
import org.caffe4j.layer.loss.HingeLossLayer;
import org.caffe4j.layer.loss.InfogainLossLayer;
import org.caffe4j.layer.loss.MultinomialLogisticLossLayer;
import org.caffe4j.layer.loss.SigmoidCrossEntropyLossLayer;
import org.caffe4j.layer.loss.SoftmaxWithLossLayer;
import org.caffe4j.layer.normalization.BatchNormLayer;
import org.caffe4j.layer.normalization.LRNLayer;
import org.caffe4j.layer.normalization.MVNLayer;
import org.caffe4j.layer.normalization.SoftmaxLayer;
import org.caffe4j.layer.pooling.PoolingLayer;
import org.caffe4j.layer.pooling.SPPLayer;
import org.caffe4j.layer.recurrent.LSTMLayer;
import org.caffe4j.layer.recurrent.LSTMUnitLayer;
import org.caffe4j.layer.recurrent.RNNLayer;
import org.caffe4j.layer.shape.ArgMaxLayer;
import org.caffe4j.layer.shape.BatchReindexLayer;
import org.caffe4j.layer.shape.ConcatLayer;
import org.caffe4j.layer.shape.CropLayer;
import org.caffe4j.layer.shape.EltwiseLayer;
import org.caffe4j.layer.shape.FilterLayer;
import org.caffe4j.layer.shape.FlattenLayer;
import org.caffe4j.layer.shape.ParameterLayer;
import org.caffe4j.layer.shape.ReductionLayer;
import org.caffe4j.layer.shape.ReshapeLayer;
import org.caffe4j.layer.shape.SilenceLayer;
import org.caffe4j.layer.shape.SliceLayer;
import org.caffe4j.layer.shape.SplitLayer;
import org.caffe4j.layer.shape.TileLayer;
import org.caffe4j.proto.LayerParameter;

/** The table of the layer types that come with the library, by family. */
final class BuiltInLayers {
    private static final Map<String, BiFunction<LayerParameter, Context, Layer>> BY_TYPE = new TreeMap<>();
    static final Map<String, BiFunction<LayerParameter, Context, Layer>> TYPES = Collections.unmodifiableMap(BY_TYPE);

    /** Types that work on the host where the context is on a GPU, so that values are copied there or back. */
    static final Set<String> ON_HOST = Set.of("Data", "HDF5Data", "HDF5Output", "ImageData", "Input", "Java", "MemoryData", "WindowData");

    static {
        // activation
        add("AbsVal", AbsValLayer::new);
        add("BNLL", BNLLLayer::new);
        add("Bias", BiasLayer::new);
        add("Clip", ClipLayer::new);
        add("Dropout", DropoutLayer::new);
        add("ELU", ELULayer::new);
        add("Exp", ExpLayer::new);
        add("Log", LogLayer::new);
        add("PReLU", PReLULayer::new);
        add("Power", PowerLayer::new);
        add("ReLU", ReLULayer::new);
        add("Scale", ScaleLayer::new);
        add("Sigmoid", SigmoidLayer::new);
        add("Swish", SwishLayer::new);
        add("TanH", TanHLayer::new);
        add("Threshold", ThresholdLayer::new);

        // data
        add("Data", DataLayer::new);
        add("DummyData", DummyDataLayer::new);
        add("HDF5Data", HDF5DataLayer::new);
        add("HDF5Output", HDF5OutputLayer::new);
        add("ImageData", ImageDataLayer::new);
        add("Input", InputLayer::new);
        add("MemoryData", MemoryDataLayer::new);
        add("WindowData", WindowDataLayer::new);

        // the user's
        add("Java", JavaLayers::create);

        // linear
        add("Convolution", ConvolutionLayer::new);
        add("Deconvolution", DeconvolutionLayer::new);
        add("Embed", EmbedLayer::new);
        add("Im2col", Im2colLayer::new);
        add("InnerProduct", InnerProductLayer::new);

        // loss
        add("Accuracy", AccuracyLayer::new);
        add("ContrastiveLoss", ContrastiveLossLayer::new);
        add("EuclideanLoss", EuclideanLossLayer::new);
        add("HingeLoss", HingeLossLayer::new);
        add("InfogainLoss", InfogainLossLayer::new);
        add("MultinomialLogisticLoss", MultinomialLogisticLossLayer::new);
        add("SigmoidCrossEntropyLoss", SigmoidCrossEntropyLossLayer::new);
        add("SoftmaxWithLoss", SoftmaxWithLossLayer::new);

        // normalization
        add("BatchNorm", BatchNormLayer::new);
        add("LRN", LRNLayer::new);
        add("MVN", MVNLayer::new);
        add("Softmax", SoftmaxLayer::new);

        // pooling
        add("Pooling", PoolingLayer::new);
        add("SPP", SPPLayer::new);

        // recurrent
        add("LSTM", LSTMLayer::new);
        add("LSTMUnit", LSTMUnitLayer::new);
        add("RNN", RNNLayer::new);

        // shape
        add("ArgMax", ArgMaxLayer::new);
        add("BatchReindex", BatchReindexLayer::new);
        add("Concat", ConcatLayer::new);
        add("Crop", CropLayer::new);
        add("Eltwise", EltwiseLayer::new);
        add("Filter", FilterLayer::new);
        add("Flatten", FlattenLayer::new);
        add("Parameter", ParameterLayer::new);
        add("Reduction", ReductionLayer::new);
        add("Reshape", ReshapeLayer::new);
        add("Silence", SilenceLayer::new);
        add("Slice", SliceLayer::new);
        add("Split", SplitLayer::new);
        add("Tile", TileLayer::new);
    }

    private BuiltInLayers() {}

    private static void add(String type, BiFunction<LayerParameter, Context, Layer> maker) {
        BY_TYPE.put(type, maker);
    }
}
