package org.caffe4j.solver;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.file.Path;
import org.caffe4j.Blob;
import org.caffe4j.Context;
import org.caffe4j.Net;
import org.caffe4j.Phase;
import org.caffe4j.TestDevice;
import org.caffe4j.io.PrototxtReader;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** What crosses between the host and a GPU while nets train and are tested. */
class GpuTransfersTest {
    private static final int STEPS = 3;
    private static final int RECORDS = 10;

    /** CaffeNet's kinds of layers, all of them, over small images. */
    private static final String NET = """
            layer { name: "data" type: "Data" top: "data" top: "label" data_param { source: "@images" batch_size: 4 backend: LMDB }
              transform_param { crop_size: 35 mirror: true mean_value: 100 } }
            layer { name: "conv1" type: "Convolution" bottom: "data" top: "conv1" param { lr_mult: 1 } param { lr_mult: 2 }
              convolution_param { num_output: 16 kernel_size: 11 stride: 4 weight_filler { type: "xavier" } } }
            layer { name: "relu1" type: "ReLU" bottom: "conv1" top: "conv1" }
            layer { name: "pool1" type: "Pooling" bottom: "conv1" top: "pool1" pooling_param { pool: MAX kernel_size: 3 stride: 2 } }
            layer { name: "norm1" type: "LRN" bottom: "pool1" top: "norm1" lrn_param { local_size: 5 alpha: 0.0001 beta: 0.75 } }
            layer { name: "conv2" type: "Convolution" bottom: "norm1" top: "conv2"
              convolution_param { num_output: 8 pad: 2 kernel_size: 5 group: 2 weight_filler { type: "xavier" } } }
            layer { name: "relu2" type: "ReLU" bottom: "conv2" top: "conv2" }
            layer { name: "fc6" type: "InnerProduct" bottom: "conv2" top: "fc6"
              inner_product_param { num_output: 32 weight_filler { type: "xavier" } } }
            layer { name: "relu6" type: "ReLU" bottom: "fc6" top: "fc6" }
            layer { name: "drop6" type: "Dropout" bottom: "fc6" top: "fc6" dropout_param { dropout_ratio: 0.5 } }
            layer { name: "fc8" type: "InnerProduct" bottom: "fc6" top: "fc8"
              inner_product_param { num_output: 10 weight_filler { type: "xavier" } } }
            layer { name: "loss" type: "SoftmaxWithLoss" bottom: "fc8" bottom: "label" top: "loss" }
            """;

    /** The kinds of layers of residual, depthwise, inception and segmentation nets, in place and not, and what they read besides. */
    private static final String OTHER_NET = """
            layer { name: "data" type: "Data" top: "data" top: "label" data_param { source: "@images" batch_size: 4 backend: LMDB }
              transform_param { crop_size: 16 mirror: true mean_value: 100 } }
            layer { name: "conv" type: "Convolution" bottom: "data" top: "conv"
              convolution_param { num_output: 8 kernel_size: 3 pad: 1 bias_term: false weight_filler { type: "msra" } } }
            layer { name: "bn" type: "BatchNorm" bottom: "conv" top: "conv" }
            layer { name: "scale" type: "Scale" bottom: "conv" top: "conv" scale_param { bias_term: true } }
            layer { name: "relu" type: "ReLU" bottom: "conv" top: "conv" }
            layer { name: "depthwise" type: "Convolution" bottom: "conv" top: "depthwise"
              convolution_param { num_output: 8 kernel_size: 3 pad: 1 group: 8 weight_filler { type: "msra" } } }
            layer { name: "bn_apart" type: "BatchNorm" bottom: "depthwise" top: "bn_apart" }
            layer { name: "prelu" type: "PReLU" bottom: "bn_apart" top: "prelu" }
            layer { name: "sum" type: "Eltwise" bottom: "prelu" bottom: "conv" top: "sum" eltwise_param { coeff: 1 coeff: 0.5 } }
            layer { name: "product" type: "Eltwise" bottom: "sum" bottom: "conv" top: "product" eltwise_param { operation: PROD } }
            layer { name: "largest" type: "Eltwise" bottom: "product" bottom: "sum" top: "largest" eltwise_param { operation: MAX } }
            layer { name: "average" type: "Pooling" bottom: "largest" top: "average" pooling_param { pool: AVE kernel_size: 3 stride: 2 } }
            layer { name: "max" type: "Pooling" bottom: "largest" top: "max" pooling_param { pool: MAX kernel_size: 3 stride: 2 } }
            layer { name: "concat" type: "Concat" bottom: "average" bottom: "max" top: "concat" }
            layer { name: "lrn" type: "LRN" bottom: "concat" top: "lrn" lrn_param { norm_region: WITHIN_CHANNEL local_size: 3 alpha: 0.01 } }
            layer { name: "elu" type: "ELU" bottom: "lrn" top: "elu" }
            layer { name: "slice" type: "Slice" bottom: "elu" top: "part1" top: "part2" }
            layer { name: "sigmoid" type: "Sigmoid" bottom: "part1" top: "sigmoid" }
            layer { name: "tanh" type: "TanH" bottom: "part2" top: "tanh" }
            layer { name: "both" type: "Concat" bottom: "sigmoid" bottom: "tanh" top: "both" }
            layer { name: "mvn" type: "MVN" bottom: "both" top: "mvn" }
            layer { name: "up" type: "Deconvolution" bottom: "mvn" top: "up"
              convolution_param { num_output: 4 kernel_size: 4 stride: 2 weight_filler { type: "bilinear" } } }
            layer { name: "crop" type: "Crop" bottom: "up" bottom: "conv" top: "crop" crop_param { offset: 0 } }
            layer { name: "bias" type: "Bias" bottom: "crop" top: "bias" bias_param { filler { type: "constant" value: 0.1 } } }
            layer { name: "power" type: "Power" bottom: "bias" top: "power" power_param { scale: 0.5 shift: 0.1 } }
            layer { name: "reshape" type: "Reshape" bottom: "power" top: "reshape" reshape_param { shape { dim: 0 dim: -1 } } }
            layer { name: "drop" type: "Dropout" bottom: "reshape" top: "reshape" }
            layer { name: "fc" type: "InnerProduct" bottom: "reshape" top: "fc"
              inner_product_param { num_output: 10 weight_filler { type: "xavier" } } }
            layer { name: "loss" type: "SoftmaxWithLoss" bottom: "fc" bottom: "label" top: "loss" }
            """;

    @TempDir
    Path folder;

    /** Over images of four classes, larger than the net's input. */
    private String net() {
        return withImages(NET);
    }

    private String withImages(String net) {
        return net.replace("@images", RandomImages.write(folder, RECORDS, 40, 4).toString());
    }

    @ParameterizedTest
    @ValueSource(strings = {NET, OTHER_NET})
    void aStepCopiesItsBatchAndTheDisplayedLoss(String net) {
        Assumptions.assumeTrue(TestDevice.isGpu(), "the device under test is the CPU");
        String text = "net_param { " + withImages(net) + "} base_lr: 0.01 lr_policy: 'step' gamma: 0.1 stepsize: 100"
                + " momentum: 0.9 weight_decay: 0.0005 display: 1 random_seed: 1";
        try (Context context = TestDevice.context(1); Solver solver = SolverFactory.create(PrototxtReader.parseSolver(text, "test"), context)) {
            solver.step(1); // brings the weights over
            Context.Transfers before = context.transfers();
            solver.step(STEPS);
            Context.Transfers after = context.transfers();
            assertEquals(2 * STEPS, after.toDevice() - before.toDevice(), "copies to the GPU: a batch's images and its labels");
            assertEquals(STEPS, after.toHost() - before.toHost(), "copies from the GPU: one loss a step");
        }
    }

    @Test
    void aTestNetCopiesItsBatchAndTheAccuracyThatIsRead() {
        Assumptions.assumeTrue(TestDevice.isGpu(), "the device under test is the CPU");
        String text = net().replaceFirst("layer \\{ name: \"loss\".*", """
                layer { name: "accuracy" type: "Accuracy" bottom: "fc8" bottom: "label" top: "accuracy" top: "classes"
                  accuracy_param { top_k: 2 ignore_label: 3 } }
                """);
        try (Context context = TestDevice.context(1); Net net = new Net(PrototxtReader.parseNet(text, "test"), Phase.TEST, context)) {
            net.forward(); // brings the weights over
            Context.Transfers before = context.transfers();
            for (int i = 0; i < STEPS; i++) {
                net.forward();
            }
            Context.Transfers after = context.transfers();
            assertEquals(2 * STEPS, after.toDevice() - before.toDevice(), "copies to the GPU: a batch's images and its labels");
            assertEquals(0, after.toHost() - before.toHost(), "copies from the GPU");
            net.blobByName("accuracy").data().read();
            assertEquals(1, context.transfers().toHost() - before.toHost(), "copies from the GPU once it is read");
        }
    }

    @Test
    void dummyDataIsDrawnThere() {
        Assumptions.assumeTrue(TestDevice.isGpu(), "the device under test is the CPU");
        String text = """
                layer { name: "data" type: "DummyData" top: "a" top: "b" top: "c" top: "d" top: "e" dummy_data_param { shape { dim: 4 dim: 6 }
                  data_filler { type: "uniform" } data_filler { type: "gaussian" } data_filler { type: "positive_unitball" }
                  data_filler { type: "xavier" } data_filler { type: "msra" } } }
                """;
        try (Context context = TestDevice.context(1); Net net = new Net(PrototxtReader.parseNet(text, "test"), Phase.TEST, context)) {
            net.forward();
            net.forward();
            assertEquals(new Context.Transfers(0, 0), context.transfers());
            for (Blob top : net.outputs()) {
                assertTrue(top.data().asum() > 0);
            }
        }
    }
}
