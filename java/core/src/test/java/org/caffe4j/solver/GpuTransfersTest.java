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

/** What crosses between the host and a GPU while a net like CaffeNet trains and is tested. */
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

    @TempDir
    Path folder;

    /** Over images of four classes, larger than the net's input. */
    private String net() {
        return NET.replace("@images", RandomImages.write(folder, RECORDS, 40, 4).toString());
    }

    @Test
    void aStepCopiesItsBatchAndTheDisplayedLoss() {
        Assumptions.assumeTrue(TestDevice.isGpu(), "the device under test is the CPU");
        String text = "net_param { " + net() + "} base_lr: 0.01 lr_policy: 'step' gamma: 0.1 stepsize: 100"
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
