package org.caffe4j.bench;

import java.util.concurrent.TimeUnit;
import org.caffe4j.Context;
import org.caffe4j.Net;
import org.caffe4j.Phase;
import org.caffe4j.io.PrototxtReader;
import org.caffe4j.proto.NetParameter;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Fork;
import org.openjdk.jmh.annotations.Level;
import org.openjdk.jmh.annotations.Measurement;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Param;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.TearDown;
import org.openjdk.jmh.annotations.Warmup;

/**
 * One layer behind a 3x3 convolution of 64 channels, on images of 56 x 56, so that it gets the layout that convolutions produce. Times are
 * of the layer alone.
 */
@State(Scope.Benchmark)
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.MICROSECONDS)
@Warmup(iterations = 2, time = 1)
@Measurement(iterations = 3, time = 1)
@Fork(1)
public class LayerBenchmark {
    private static final int LAYER = 2;

    /** Type of the layer, after it its parameters in prototxt. */
    @Param({"ReLU", "PReLU", "Sigmoid", "Pooling pooling_param { kernel_size: 3 stride: 2 }", "Pooling pooling_param { pool: AVE kernel_size: 3 stride: 2 }",
            "LRN", "BatchNorm", "Scale", "Softmax", "Dropout", "Convolution convolution_param { num_output: 64 kernel_size: 1 weight_filler { type: 'msra' } }",
            "InnerProduct inner_product_param { num_output: 100 weight_filler { type: 'msra' } }"})
    public String layer;

    /** Images a pass. */
    @Param({"1", "16"})
    public int batch;

    private Context context;
    private Net net;

    /** Makes the net and brings every blob into the layout that training leaves it in. */
    @Setup(Level.Trial)
    public void makeNet() {
        String[] parts = layer.split(" ", 2);
        String text = "force_backward: true layer { name: 'in' type: 'Input' top: 'in' input_param { shape { dim: " + batch + " dim: 64 dim: 56 dim: 56 } } }\n"
                + "layer { name: 'conv' type: 'Convolution' bottom: 'in' top: 'conv' convolution_param { num_output: 64 kernel_size: 3 pad: 1 "
                + "weight_filler { type: 'msra' } } }\nlayer { name: 'layer' type: '" + parts[0] + "' bottom: 'conv' top: 'top' "
                + (parts.length > 1 ? parts[1] : "") + " }";
        context = Context.cpu();
        NetParameter param = PrototxtReader.parseNet(text, "benchmark");
        net = new Net(param, Phase.TRAIN, context);
        Inputs.fill(net.inputs().get(0).data().overwrite());
        net.forward();
        Inputs.fill(net.outputs().get(0).diff().overwrite());
        net.backward();
    }

    /** Frees the net. */
    @TearDown(Level.Trial)
    public void close() {
        net.close();
        context.close();
    }

    /** The layer's forward pass. */
    @Benchmark
    public void forward() {
        net.forward(LAYER, LAYER);
    }

    /** The layer's backward pass. */
    @Benchmark
    public void backward() {
        net.backwardLayer(LAYER);
    }
}
