package org.caffe4j.optimize;

import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import org.caffe4j.TestDevice;
import org.junit.jupiter.api.Test;

/** Random nets of layers that plans know, in any order: they give what the nets give. A seed that failed is repeated by -Dcaffe4j.seed. */
class RandomPlansTest {
    private static final int NETS = 80;
    private static final int[] BATCHES = {1, 3, 2};

    /** A blob; {@code channels}×{@code height}×{@code width} where it has 4 axes, else of two, N×C. */
    private record Value(String name, int channels, int height, int width) {
        boolean isImage() {
            return height > 0;
        }

        Value as(String other) {
            return new Value(other, channels, height, width);
        }

        boolean hasShapeOf(Value other) {
            return channels == other.channels && height == other.height && width == other.width;
        }
    }

    private final StringBuilder net = new StringBuilder();
    private final List<Value> values = new ArrayList<>();
    private Random random;

    @Test
    void giveWhatTheNetsGive() {
        long seed = Long.getLong("caffe4j.seed", System.nanoTime());
        System.out.println("RandomPlansTest: -Dcaffe4j.seed=" + seed);
        random = new Random(seed);
        for (int i = 0; i < NETS; i++) {
            build();
            try {
                check(net.toString());
            } catch (RuntimeException | AssertionError e) {
                throw new AssertionError("seed " + seed + ", net " + i + ":\n" + net.toString().replace("layer {", "\nlayer {"), e);
            }
        }
    }

    private void check(String definition) {
        try (OptimizedPair pair = OptimizedPair.of(definition)) {
            String kept = values.get(random.nextInt(values.size())).name();
            InferencePlan plan = pair.optimize(kept);
            for (int batch : BATCHES) {
                long[] shape = pair.plain.inputs().get(0).shape();
                shape[0] = batch;
                pair.plain.inputs().get(0).reshape(shape);
                pair.randomizeInputs();
                pair.check(kept);
            }
            if (!TestDevice.isGpu()) {
                assertTrue(plan.steps().stream().noneMatch(step -> step.kernel().equals("layer")), plan.steps()::toString);
            }
        }
    }

    private int oneOf(int... choices) {
        return choices[random.nextInt(choices.length)];
    }

    private void build() {
        net.setLength(0);
        values.clear();
        Value data = new Value("data", oneOf(3, 16, 20), 4 + random.nextInt(9), 4 + random.nextInt(9));
        net.append("layer { name: 'data' type: 'Input' top: 'data' input_param { shape { dim: 1 dim: ").append(data.channels()).append(" dim: ")
                .append(data.height()).append(" dim: ").append(data.width()).append(" } } } ");
        values.add(data);
        int layers = 4 + random.nextInt(10);
        for (int i = 0; i < layers; i++) {
            grow("l" + i, values.get(Math.max(0, values.size() - 1 - random.nextInt(3))));
        }
    }

    private void add(String type, Value top, String bottoms, String more) {
        net.append(PrecisionTest.layer(top.name(), type, bottoms, more));
        values.add(top);
    }

    /** Adds a layer over x; those that few values suit are left out where they do not. */
    private void grow(String name, Value x) {
        if (!x.isImage()) {
            growRows(name, x);
            return;
        }
        switch (random.nextInt(16)) {
            case 0, 1, 2 -> {
                int outputs = oneOf(5, 16, 32);
                add("Convolution", new Value(name, outputs, x.height(), x.width()), x.name(),
                        "convolution_param { num_output: " + outputs + (random.nextBoolean() ? " kernel_size: 3 pad: 1 }" : " kernel_size: 1 }"));
            }
            case 3 -> add("Pooling", new Value(name, x.channels(), (x.height() + 1) / 2, (x.width() + 1) / 2), x.name(),
                    "pooling_param { pool: " + (random.nextBoolean() ? "MAX" : "AVE") + " kernel_size: 2 stride: 2 }");
            case 4, 5 -> scaleByImage(name, x);
            case 6 -> {
                add("Reduction", new Value(name, x.channels(), 0, 0), x.name(), reduction(2));
                keepFromCancelling(name);
            }
            case 7 -> add("Tile", new Value(name, x.channels() * 2, x.height(), x.width()), x.name(), "tile_param { tiles: 2 }");
            case 8 -> add("Tile", new Value(name, x.channels(), x.height(), x.width() * 3), x.name(), "tile_param { tiles: 3 axis: -1 }");
            case 9 -> {
                add("MVN", x.as(name), x.name(), random.nextBoolean() ? "mvn_param { across_channels: true eps: 0.1 }" : "mvn_param { eps: 0.1 }");
                keepFromCancelling(name);
            }
            case 10 -> add("ArgMax", new Value(name, 2, x.height(), x.width()), x.name(), "argmax_param { axis: 1 top_k: 2 out_max_val: true }");
            case 11 -> joinImages(name, x);
            case 12 -> add(random.nextBoolean() ? "Scale" : "BatchNorm", x.as(name), x.name(), "");
            case 13 -> add("Bias", x.as(name), x.name(), "bias_param { axis: " + oneOf(1, 2, 3) + " num_axes: -1 }");
            default -> growElementwise(name, x);
        }
    }

    /** Means that were taken away leave nothing but rounding errors where values are equal, and their sums are such. */
    private void keepFromCancelling(String blob) {
        net.append("layer { name: '" + blob + "s' type: 'Sigmoid' bottom: '" + blob + "' top: '" + blob + "' } ");
    }

    private String reduction(int axis) {
        return "reduction_param { axis: " + axis + " operation: " + List.of("SUM", "ASUM", "SUMSQ", "MEAN").get(random.nextInt(4)) + " coeff: 0.1 }";
    }

    /** Scale or Bias by an operand of the first axes, which a Reduction makes. */
    private void scaleByImage(String name, Value x) {
        int axes = oneOf(1, 2, 2, 3);
        net.append(PrecisionTest.layer(name + "r", "Reduction", x.name(), "reduction_param { operation: MEAN axis: " + axes + " }"));
        keepFromCancelling(name + "r");
        boolean scale = random.nextBoolean();
        add(scale ? "Scale" : "Bias", x.as(name), x.name() + " " + name + "r", scale ? "scale_param { axis: 0 }" : "bias_param { axis: 0 }");
    }

    private void joinImages(String name, Value x) {
        Value other = values.get(random.nextInt(values.size()));
        if (other.hasShapeOf(x)) {
            add("Eltwise", x.as(name), x.name() + " " + other.name(), "eltwise_param { operation: " + (random.nextInt(3) > 0 ? "SUM" : "MAX") + " }");
        } else if (other.height() == x.height() && other.width() == x.width()) {
            add("Concat", new Value(name, x.channels() + other.channels(), x.height(), x.width()), x.name() + " " + other.name(), "");
        } else {
            growElementwise(name, x);
        }
    }

    /** Logarithms and roots are of values that are positive. */
    private void growElementwise(String name, Value x) {
        switch (random.nextInt(8)) {
            case 0 -> add("ReLU", x.as(name), x.name(), "");
            case 1 -> add("Sigmoid", x.as(name), x.name(), "");
            case 2 -> add("BNLL", x.as(name), x.name(), "");
            case 3 -> {
                add("TanH", x.as(name + "t"), x.name(), "");
                add("Exp", x.as(name), name + "t", random.nextBoolean() ? "" : "exp_param { base: 2 scale: 0.7 shift: 0.3 }");
            }
            case 4 -> {
                add("AbsVal", x.as(name + "a"), x.name(), "");
                add("Log", x.as(name), name + "a", "log_param { shift: 1.5 scale: 0.5 }");
            }
            case 5 -> {
                add("AbsVal", x.as(name + "a"), x.name(), "");
                add("Power", x.as(name), name + "a", "power_param { power: " + (random.nextBoolean() ? "0.5" : "-1") + " shift: 1 }");
            }
            case 6 -> add("TanH", x.as(name), x.name(), "");
            default -> add("PReLU", x.as(name), x.name(), "");
        }
    }

    private void growRows(String name, Value x) {
        switch (random.nextInt(5)) {
            case 0, 1 -> {
                int outputs = oneOf(7, 16);
                add("InnerProduct", new Value(name, outputs, 0, 0), x.name(), "inner_product_param { num_output: " + outputs + " }");
            }
            case 2 -> add("Tile", new Value(name, x.channels() * 3, 0, 0), x.name(), "tile_param { tiles: 3 }");
            case 3 -> values.stream().filter(value -> value.isImage() && value.channels() == x.channels()).findAny()
                    .ifPresent(image -> add("Scale", image.as(name), image.name() + " " + x.name(), "scale_param { axis: 0 }"));
            default -> growElementwise(name, x);
        }
    }
}
