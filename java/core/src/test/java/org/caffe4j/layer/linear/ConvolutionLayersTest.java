package org.caffe4j.layer.linear;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.Arrays;
import java.util.List;
import org.caffe4j.CaffeException;
import org.caffe4j.NetDefinitionException;
import org.caffe4j.Phase;
import org.caffe4j.ShapeException;
import org.caffe4j.TestDevice;
import org.caffe4j.layer.GradientCheck;
import org.caffe4j.layer.LayerRunner;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class ConvolutionLayersTest {
    private static final GradientCheck GRADIENT = new GradientCheck(1e-2, 2e-3);

    @ParameterizedTest
    @CsvSource(delimiter = '|', value = {
        "Convolution   | num_output: 4 kernel_size: 3",
        "Convolution   | num_output: 4 kernel_size: 3 stride: 2 pad: 1 group: 2",
        "Convolution   | num_output: 2 kernel_h: 3 kernel_w: 1 stride_h: 1 stride_w: 2 pad_h: 1 pad_w: 0 bias_term: false",
        "Convolution   | num_output: 4 kernel_size: 3 dilation: 2 pad: 2 engine: CAFFE",
        "Convolution   | num_output: 4 kernel_size: 1",
        "Deconvolution | num_output: 4 kernel_size: 3",
        "Deconvolution | num_output: 6 kernel_size: 4 stride: 2 pad: 1 group: 2",
        "Deconvolution | num_output: 4 kernel_size: 3 stride: 2 engine: CAFFE",
    })
    void gradients(String type, String fields) {
        try (LayerRunner run = LayerRunner.of("type: '" + type + "' convolution_param { " + fields + " }", 1, new long[] {2, 4, 6, 5})) {
            GRADIENT.check(run.fillAll(1));
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"engine: DEFAULT", "engine: CAFFE"})
    void everyNumberOfSpatialAxes(String engine) {
        long[][] shapes = {{2, 3}, {2, 3, 6}, {2, 3, 5, 4}, {2, 3, 4, 5, 4}, {1, 2, 3, 4, 3, 3}};
        for (long[] shape : shapes) {
            String kernel = shape.length == 2 ? "" : "kernel_size: 3 pad: 1";
            for (String type : new String[] {"Convolution", "Deconvolution"}) {
                try (LayerRunner run = LayerRunner.of("type: '" + type + "' convolution_param { num_output: 2 " + kernel + " " + engine + " }", 1,
                        shape)) {
                    GRADIENT.check(run.fillAll(2));
                }
            }
        }
    }

    /** Kernels count within an image, and images, with 32 bits; a typing error in a size must not end the process. */
    @ParameterizedTest
    @ValueSource(strings = {"Convolution' convolution_param { num_output: 5 kernel_size: 1 }", "InnerProduct' inner_product_param { num_output: 3 axis: 3 }"})
    void sizesBeyond32Bits(String layer) {
        for (long[] shape : new long[][] {{2, 6, 9, 4294967295L}, {4294967295L, 6, 9, 1}}) {
            assertThrows(CaffeException.class, () -> {
                try (LayerRunner run = LayerRunner.of("type: '" + layer, 1, shape)) {
                    run.forward();
                }
            });
        }
    }

    /** Leading axes in front of the channel axis are all batch. */
    @Test
    void channelsOnALaterAxis() {
        try (LayerRunner run = LayerRunner.of("type: 'Convolution' convolution_param { num_output: 3 kernel_size: 2 axis: 2 }", 1,
                new long[] {2, 3, 2, 4, 4})) {
            GRADIENT.check(run.fillAll(3));
            assertArrayEquals(new long[] {2, 3, 3, 3, 3}, run.top.get(0).shape());
        }
    }

    @Test
    void severalBottomsShareTheWeights() {
        try (LayerRunner run = LayerRunner.of("type: 'Convolution' convolution_param { num_output: 3 kernel_size: 3 }", 2,
                new long[] {2, 2, 5, 5}, new long[] {2, 2, 5, 5})) {
            GRADIENT.check(run.fillAll(4));
        }
    }

    @Test
    void enginesAgreeInTraining() {
        for (String shape : new String[] {"kernel_size: 3 pad: 1", "kernel_size: 5 stride: 2", "kernel_size: 1", "kernel_size: 3 group: 4 pad: 1"}) {
            float[][] results = new float[2][];
            int i = 0;
            for (String engine : new String[] {"DEFAULT", "CAFFE"}) {
                try (LayerRunner run = new LayerRunner(Phase.TRAIN, "type: 'Convolution' convolution_param { num_output: 8 " + shape + " engine: "
                        + engine + " }", 1, new long[] {3, 4, 17, 19})) {
                    results[i++] = run.fillAll(5).forward();
                }
            }
            assertArrayEquals(results[0], results[1], 2e-5f, shape);
        }
    }

    @Test
    void theDefaultEngineIsFastAndCaffesIsIm2col() {
        try (LayerRunner run = LayerRunner.of("type: 'Convolution' convolution_param { num_output: 16 kernel_size: 3 }", 1, new long[] {1, 16, 9, 9})) {
            run.fillAll(1).forward();
            assertTrue(((ConvolutionLayer) run.layer).implementation().matches(TestDevice.isGpu() ? "cudnn:.*|im2col" : "(jit|brg|gemm|x64).*"), ((ConvolutionLayer) run.layer).implementation());
        }
        try (LayerRunner run = LayerRunner.of("type: 'Convolution' convolution_param { num_output: 16 kernel_size: 3 engine: CAFFE }", 1,
                new long[] {1, 16, 9, 9})) {
            run.fillAll(1).forward();
            assertEquals("im2col", ((ConvolutionLayer) run.layer).implementation());
        }
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', value = {
        "num_output: 4                                        | kernel_size must be specified once",
        "num_output: 4 kernel_h: 3                            | Filter dimensions must be nonzero.",
        "num_output: 4 kernel_size: 3 kernel_h: 3             | not both",
        "num_output: 4 kernel_size: 3 stride_h: 2             | give both stride_h and stride_w",
        "num_output: 4 kernel_size: 3 stride: 0               | Stride dimensions must be nonzero.",
        "num_output: 4 kernel_size: 3 pad: 1 pad_h: 1         | not both",
        "num_output: 4 kernel_size: 3 kernel_size: 3 kernel_size: 3 | kernel_size specified 3 times; 2 spatial dims",
        "kernel_size: 3                                       | num_output must be positive",
        "num_output: 5 kernel_size: 3 group: 2                | Number of output should be multiples of group.",
        "num_output: 6 kernel_size: 3 group: 3                | multiple of group 3",
        "num_output: 4 kernel_size: 3 engine: CUDNN           | unknown engine",
    })
    void wrongDescriptions(String fields, String message) {
        Assumptions.assumeFalse(TestDevice.isGpu() && fields.contains("CUDNN"), "on a GPU engine: CUDNN is no error");
        NetDefinitionException e = assertThrows(NetDefinitionException.class, () -> LayerRunner.of(
                "name: 'c1' type: 'Convolution' convolution_param { " + fields + " }", 1, new long[] {1, 4, 8, 8}).close());
        assertTrue(e.getMessage().contains(message), e.getMessage());
        assertTrue(e.getMessage().startsWith("layer 'c1' (Convolution): "), e.getMessage());
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', value = {
        "1,4,8,8 | dilation: 2 | CuDNN doesn't support the dilated convolution at Layer c1",
        "1,4,8 |               | CuDNNConvolution input must have 2 spatial axes",
    })
    void onAGpuCudnnRefusesWhatItDoesInCaffe(String shape, String fields, String message) {
        Assumptions.assumeTrue(TestDevice.isGpu(), "on the CPU engine: CUDNN is an error");
        long[] dims = Arrays.stream(shape.split(",")).mapToLong(Long::parseLong).toArray();
        String settings = "num_output: 4 kernel_size: 3 " + (fields == null ? "" : fields);
        for (String type : List.of("Convolution", "Deconvolution")) {
            NetDefinitionException e = assertThrows(NetDefinitionException.class, () -> LayerRunner.of(
                    "name: 'c1' type: '" + type + "' convolution_param { " + settings + " engine: CUDNN }", 1, dims).close());
            assertTrue(e.getMessage().contains(message), e.getMessage());
            try (LayerRunner run = LayerRunner.of("type: '" + type + "' convolution_param { " + settings + " }", 1, dims)) {
                assertTrue(run.fillAll(1).forward().length > 0, "by default the CAFFE engine computes it");
            }
        }
    }

    @Test
    void wrongShapes() {
        assertThrows(ShapeException.class, () -> LayerRunner.of("type: 'Convolution' convolution_param { num_output: 1 kernel_size: 9 }", 1,
                new long[] {1, 1, 8, 8}).close());
        assertThrows(ShapeException.class, () -> LayerRunner.of("type: 'Convolution' convolution_param { num_output: 1 kernel_size: 3 axis: 4 }", 1,
                new long[] {1, 1, 8, 8}).close());
        try (LayerRunner run = LayerRunner.of("type: 'Convolution' convolution_param { num_output: 1 kernel_size: 3 }", 1, new long[] {1, 2, 8, 8})) {
            run.bottom.get(0).reshape(1, 3, 8, 8);
            assertThrows(ShapeException.class, run::forward);
            run.bottom.get(0).reshape(2, 8, 8);
            assertThrows(ShapeException.class, run::forward);
            run.bottom.get(0).reshape(5, 2, 4, 9);
            run.forward();
            assertArrayEquals(new long[] {5, 1, 2, 7}, run.top.get(0).shape());
        }
    }

    @Test
    void im2colPutsKernelOffsetsFastestWithinAChannel() {
        try (LayerRunner run = LayerRunner.of("type: 'Im2col' convolution_param { kernel_size: 2 stride: 2 }", 1, new long[] {1, 1, 2, 4})) {
            run.bottom.get(0).data().set(1, 2, 3, 4, 5, 6, 7, 8);
            assertArrayEquals(new float[] {1, 3, 2, 4, 5, 7, 6, 8}, run.forward());
            assertArrayEquals(new long[] {1, 4, 1, 2}, run.top.get(0).shape());
        }
        try (LayerRunner run = LayerRunner.of("type: 'Im2col' convolution_param { kernel_size: 3 pad: 1 dilation: 2 }", 1, new long[] {2, 2, 5, 4})) {
            GRADIENT.check(run.fillAll(6));
        }
        CaffeException e = assertThrows(CaffeException.class,
                () -> LayerRunner.of("type: 'Im2col' convolution_param { kernel_size: 2 }", 1, new long[] {2, 3}).close());
        assertTrue(e.getMessage().contains("at least 1 spatial axes"), e.getMessage());
    }
}
