package org.caffe4j.layer;

import static java.util.Map.entry;

import java.util.Map;
import java.util.function.BiFunction;
import org.caffe4j.Context;
import org.caffe4j.layer.activation.ReLULayer;
import org.caffe4j.layer.data.DummyDataLayer;
import org.caffe4j.layer.data.HDF5DataLayer;
import org.caffe4j.layer.data.InputLayer;
import org.caffe4j.layer.shape.SplitLayer;
import org.caffe4j.proto.LayerParameter;

/** The table of the layer types that come with the library, by family. */
final class BuiltInLayers {
    static final Map<String, BiFunction<LayerParameter, Context, Layer>> TYPES = Map.ofEntries(
            // activation
            entry("ReLU", ReLULayer::new),
            // data
            entry("DummyData", DummyDataLayer::new),
            entry("HDF5Data", HDF5DataLayer::new),
            entry("Input", InputLayer::new),
            // shape
            entry("Split", SplitLayer::new));

    private BuiltInLayers() {}
}
