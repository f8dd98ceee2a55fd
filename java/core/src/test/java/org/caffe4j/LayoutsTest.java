package org.caffe4j;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import org.caffe4j.io.PrototxtReader;
import org.caffe4j.layer.Layer;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * Random nets with engine DEFAULT, whose blobs stand in whatever layouts suit their layers, against the same nets with engine CAFFE, which
 * keeps everything row-major: all values and gradients are the same, for shapes that fill the layouts' blocks and for shapes that do not. On a
 * GPU it is cuDNN against our own kernels.
 */
class LayoutsTest {
    private static final int NETS = 60;

    /** Draws a net; the engine's field is left open as @engine. */
    private static final class Draft {
        private final Random random;
        private final boolean whole;
        private final StringBuilder text = new StringBuilder("force_backward: true ");
        private final Map<String, long[]> blobs = new LinkedHashMap<>();
        private int layers;
        private int convolutions;

        /** @param whole only layers that keep whole numbers whole, so that not even rounding differs and MAX chooses alike */
        Draft(long seed, boolean whole) {
            random = new Random(seed);
            this.whole = whole;
            long[] shape = {1 + random.nextInt(3), pick(3, 8, 16, 17, 32), 5 + random.nextInt(8), 5 + random.nextInt(8)};
            text.append("layer { name: 'in' type: 'Input' top: 'in' input_param { shape {");
            for (long dim : shape) {
                text.append(" dim: ").append(dim);
            }
            text.append(" } } } ");
            blobs.put("in", shape);
            for (int i = 4 + random.nextInt(8); i > 0; i--) {
                add();
            }
        }

        private int pick(int... values) {
            return values[random.nextInt(values.length)];
        }

        private String recent() {
            List<String> names = new ArrayList<>(blobs.keySet());
            return names.get(Math.max(0, names.size() - 1 - random.nextInt(3)));
        }

        private void layer(String type, String fields, List<String> bottoms, long[]... tops) {
            layers++;
            text.append("layer { name: 'l").append(layers).append("' type: '").append(type).append("' ").append(fields);
            bottoms.forEach(bottom -> text.append(" bottom: '").append(bottom).append('\''));
            for (int i = 0; i < tops.length; i++) {
                text.append(" top: 'b").append(layers).append('_').append(i).append('\'');
                blobs.put("b" + layers + "_" + i, tops[i]);
            }
            text.append(" } ");
        }

        private static long[] with(long[] shape, int axis, long size) {
            long[] other = shape.clone();
            other[axis] = size;
            return other;
        }

        private static long[] spatial(long[] shape, long channels, int kernel, int stride, int pad) {
            return new long[] {shape[0], channels, (shape[2] + 2 * pad - kernel) / stride + 1, (shape[3] + 2 * pad - kernel) / stride + 1};
        }

        private void add() {
            String bottom = recent();
            long[] shape = blobs.get(bottom);
            boolean roomy = shape[2] >= 3 && shape[3] >= 3;
            switch (random.nextInt(whole ? 9 : 14)) {
                case 0, 1, 2 -> convolution(bottom, shape, roomy);
                case 3 -> pool(bottom, shape, roomy);
                case 4 -> layer("ReLU", "relu_param { negative_slope: " + pick(0, 2) + " }", List.of(bottom), shape);
                case 5 -> combine(bottom, shape);
                case 6 -> slice(bottom, shape);
                case 7 -> layer("Scale", "scale_param { bias_term: true }", List.of(bottom), shape);
                case 8 -> tile(bottom, shape);
                case 9 -> layer("BatchNorm", "batch_norm_param { eps: 0.1 }", List.of(bottom), shape);
                case 10 -> layer("LRN", "lrn_param { local_size: 3 alpha: 0.1 norm_region: "
                    + (random.nextBoolean() ? "ACROSS_CHANNELS" : "WITHIN_CHANNEL") + " }", List.of(bottom), shape);
                case 11 -> layer(List.of("Sigmoid", "TanH", "ELU", "BNLL", "Swish", "PReLU", "AbsVal").get(random.nextInt(7)), "", List.of(bottom),
                    shape);
                case 12 -> layer("Dropout", "dropout_param { dropout_ratio: 0.25 }", List.of(bottom), shape);
                default -> layer("Softmax", "", List.of(bottom), shape);
            }
        }

        private void pool(String bottom, long[] shape, boolean roomy) {
            if (roomy) {
                int stride = pick(1, 2);
                layer("Pooling", "pooling_param { round_mode: FLOOR engine: @engine kernel_size: 2 stride: " + stride
                    + (whole ? " pool: MAX" : " pool: AVE") + " }", List.of(bottom), spatial(shape, shape[1], 2, stride, 0));
            }
        }

        private void tile(String bottom, long[] shape) {
            int axis = pick(1, 2);
            layer("Tile", "tile_param { tiles: 2 axis: " + axis + " }", List.of(bottom), with(shape, axis, shape[axis] * 2));
        }

        private void convolution(String bottom, long[] shape, boolean roomy) {
            int kernel = roomy ? pick(1, 3) : 1;
            int stride = pick(1, 1, 2);
            int pad = kernel == 3 ? pick(0, 1) : 0;
            int outputs = pick(5, 8, 16, 20, 32);
            boolean grouped = shape[1] % 4 == 0 && outputs % 4 == 0 && random.nextInt(3) == 0;
            boolean transposed = shape[2] < 12 && random.nextInt(5) == 0;
            long[] top = transposed ? new long[] {shape[0], outputs, stride * (shape[2] - 1) + kernel - 2 * pad,
                stride * (shape[3] - 1) + kernel - 2 * pad} : spatial(shape, outputs, kernel, stride, pad);
            if (top[2] < 1 || top[3] < 1 || whole && ++convolutions > 3) { // more would make numbers that floats round
                return;
            }
            layer(transposed ? "Deconvolution" : "Convolution", "convolution_param { engine: @engine num_output: " + outputs + " kernel_size: "
                + kernel + " stride: " + stride + " pad: " + pad + (grouped ? " group: 4" : "") + " }", List.of(bottom), top);
        }

        private void combine(String bottom, long[] shape) {
            for (Map.Entry<String, long[]> other : List.copyOf(blobs.entrySet())) {
                long[] size = other.getValue();
                if (other.getKey().equals(bottom) || size[0] != shape[0] || size[2] != shape[2] || size[3] != shape[3]) {
                    continue;
                }
                if (size[1] == shape[1] && random.nextBoolean()) {
                    layer("Eltwise", whole ? "eltwise_param { coeff: 1 coeff: -1 }" : "eltwise_param { operation: " + (random.nextBoolean() ? "SUM"
                        : "PROD") + " }", List.of(bottom, other.getKey()), shape);
                } else {
                    layer("Concat", "", List.of(bottom, other.getKey()), with(shape, 1, shape[1] + size[1]));
                }
                return;
            }
        }

        private void slice(String bottom, long[] shape) {
            if (shape[1] > 1) {
                int at = 1 + random.nextInt((int) shape[1] - 1);
                layer("Slice", "slice_param { slice_point: " + at + " }", List.of(bottom), with(shape, 1, at), with(shape, 1, shape[1] - at));
            }
        }
    }

    private static void fill(Tensor tensor, Random random, boolean whole, double scale) {
        float[] values = new float[(int) tensor.count()];
        for (int i = 0; i < values.length; i++) {
            values[i] = whole ? random.nextInt(3) - 1 : (float) (scale * (2 * random.nextDouble() - 1));
        }
        tensor.set(values);
    }

    /** Values and gradients of two passes, by name. */
    static Map<String, float[]> run(String definition, Phase phase, long seed, boolean whole) {
        Map<String, float[]> results = new LinkedHashMap<>();
        try (Context context = TestDevice.context(2); Net net = new Net(PrototxtReader.parseNet(definition, "net " + seed), phase, context)) {
            Random random = new Random(seed);
            net.params().values().forEach(blobs -> blobs.forEach(blob -> fill(blob.data(), random, whole, 0.3)));
            for (Layer layer : net.layers()) {
                if (layer.type().equals("BatchNorm")) { // of which two are a variance and a positive factor
                    layer.blobs().get(1).data().fill(0.4f);
                    layer.blobs().get(2).data().fill(1);
                }
            }
            for (int pass = 0; pass < 2; pass++) {
                context.seed(seed);
                fill(net.inputs().get(0).data(), random, whole, 1);
                net.forward();
                for (Blob output : net.outputs()) {
                    fill(output.diff(), random, whole, 1);
                }
                net.clearParamDiffs();
                net.backward();
                for (String blob : net.blobNames()) {
                    results.put(pass + " " + blob, net.blobByName(blob).data().toArray());
                    results.put(pass + " " + blob + ".diff", net.blobByName(blob).diff().toArray());
                }
                for (Layer layer : net.layers()) {
                    for (int i = 0; i < layer.blobs().size(); i++) {
                        results.put(pass + " " + layer.name() + ".param" + i + ".diff", layer.blobs().get(i).diff().toArray());
                    }
                }
            }
        }
        return results;
    }

    @ParameterizedTest
    @ValueSource(booleans = {true, false})
    void doNotShow(boolean whole) {
        int layers = 0;
        // Winograd's algorithm and Fourier transforms, which a real cuDNN may choose, round whole numbers too.
        double tolerance = whole && !TestDevice.isHardwareGpu() ? 0 : 2e-4;
        for (long seed = 0; seed < NETS; seed++) {
            Draft draft = new Draft(seed, whole);
            layers += draft.layers;
            Map<String, float[]> plain = run(draft.text.toString().replace("@engine", "CAFFE"), Phase.TRAIN, seed, whole);
            Map<String, float[]> blocked = run(draft.text.toString().replace("@engine", "DEFAULT"), Phase.TRAIN, seed, whole);
            for (Map.Entry<String, float[]> expected : plain.entrySet()) {
                float[] actual = blocked.get(expected.getKey());
                assertEquals(expected.getValue().length, actual.length);
                double largest = 0.5; // sums that are zero but for rounding
                for (float value : expected.getValue()) {
                    largest = Math.max(largest, Math.abs(value));
                }
                for (int i = 0; i < actual.length; i++) {
                    double difference = Math.abs(expected.getValue()[i] - actual[i]);
                    assertTrue(difference <= tolerance * largest, "net " + seed + ", " + expected.getKey() + ", element " + i + ": "
                        + expected.getValue()[i] + " and " + actual[i] + "\n" + draft.text.toString().replace(" layer", "\nlayer"));
                }
            }
        }
        assertTrue(layers > 4 * NETS, layers + " layers");
    }
}
