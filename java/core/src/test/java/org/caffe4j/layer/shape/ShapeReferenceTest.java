package org.caffe4j.layer.shape;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;

import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import org.caffe4j.layer.LayerRunner;
import org.caffe4j.layer.Nd;
import org.junit.jupiter.api.Test;

/** Layers that move or combine values, index by index, along every axis counted from the front and from the back, for random shapes. */
class ShapeReferenceTest {
    private final Random random = new Random(Long.getLong("caffe4j.seed", 11));

    private long[] shape() {
        return random.longs(1 + random.nextInt(4), 1, 5).toArray();
    }

    /** The axis as a description gives it: from the front or from the back. */
    private int named(int axis, int axes) {
        return random.nextBoolean() ? axis : axis - axes;
    }

    private static float[] sequence(int count, float first) {
        float[] values = new float[count];
        for (int i = 0; i < count; i++) {
            values[i] = first + i;
        }
        return values;
    }

    @Test
    void concatAndSlice() {
        for (int round = 0; round < 60; round++) {
            long[] whole = shape();
            int axis = random.nextInt(whole.length);
            List<long[]> parts = new ArrayList<>();
            StringBuilder points = new StringBuilder();
            long size = 0;
            for (int i = 0; i < 2 + random.nextInt(3); i++) {
                points.append(i == 0 ? "" : " slice_point: " + size);
                long[] part = whole.clone();
                part[axis] = 1 + random.nextInt(4);
                size += part[axis];
                parts.add(part);
            }
            whole[axis] = size;
            String at = "axis: " + named(axis, whole.length);
            try (LayerRunner concat = LayerRunner.of("type: 'Concat' concat_param { " + at + " }", 1, parts.toArray(new long[0][]));
                    LayerRunner slice = LayerRunner.of("type: 'Slice' slice_param { " + at + points + " }", parts.size(), whole)) {
                float[] all = sequence(Nd.count(whole), 0);
                slice.bottom.get(0).data().set(all);
                slice.forward();
                long from = 0;
                for (int p = 0; p < parts.size(); p++) {
                    long[] part = parts.get(p);
                    float[] expected = new float[Nd.count(part)];
                    long first = from;
                    Nd.each(part, i -> {
                        long[] in = i.clone();
                        in[axis] += first;
                        expected[Nd.flat(part, i)] = all[Nd.flat(whole, in)];
                    });
                    assertArrayEquals(part, slice.top.get(p).shape());
                    assertArrayEquals(expected, slice.top.get(p).data().toArray());
                    concat.bottom.get(p).data().set(expected);
                    slice.top.get(p).diff().set(expected);
                    from += part[axis];
                }
                assertArrayEquals(all, concat.forward());
                assertArrayEquals(whole, concat.top.get(0).shape());
                slice.backward();
                assertArrayEquals(all, slice.bottom.get(0).diff().toArray());
                concat.top.get(0).diff().set(all);
                concat.backward();
                for (int p = 0; p < parts.size(); p++) {
                    assertArrayEquals(concat.bottom.get(p).data().toArray(), concat.bottom.get(p).diff().toArray());
                }
            }
        }
    }

    @Test
    void tileCropAndReduction() {
        for (int round = 0; round < 60; round++) {
            long[] shape = shape();
            int axis = random.nextInt(shape.length);
            int tiles = 1 + random.nextInt(3);
            float[] x = sequence(Nd.count(shape), -7);
            long[] tiled = shape.clone();
            tiled[axis] *= tiles;
            float[] expected = new float[Nd.count(tiled)];
            Nd.each(tiled, i -> {
                long[] in = i.clone();
                in[axis] %= shape[axis];
                expected[Nd.flat(tiled, i)] = x[Nd.flat(shape, in)];
            });
            int place = named(axis, shape.length);
            check("type: 'Tile' tile_param { axis: " + place + " tiles: " + tiles + " }", x, tiled, expected, shape);
            for (String operation : List.of("SUM", "ASUM", "SUMSQ", "MEAN")) {
                int rest = Nd.count(Nd.part(shape, axis, shape.length));
                float[] reduced = new float[x.length / rest];
                for (int i = 0; i < x.length; i++) {
                    float term = switch (operation) {
                        case "ASUM" -> Math.abs(x[i]);
                        case "SUMSQ" -> x[i] * x[i];
                        case "MEAN" -> x[i] / rest;
                        default -> x[i];
                    };
                    reduced[i / rest] += -0.5f * term;
                }
                check("type: 'Reduction' reduction_param { coeff: -0.5 operation: " + operation + " axis: " + place + " }", x,
                        Nd.part(shape, 0, axis), reduced, shape);
            }
            long[] size = shape.clone();
            long[] offset = new long[shape.length];
            StringBuilder offsets = new StringBuilder();
            for (int i = axis; i < shape.length; i++) {
                offset[i] = random.nextInt((int) shape[i]);
                size[i] = 1 + random.nextInt((int) (shape[i] - offset[i]));
                offsets.append(" offset: ").append(offset[i]);
            }
            float[] cropped = new float[Nd.count(size)];
            Nd.each(size, i -> {
                long[] in = i.clone();
                for (int a = 0; a < in.length; a++) {
                    in[a] += offset[a];
                }
                cropped[Nd.flat(size, i)] = x[Nd.flat(shape, in)];
            });
            check("type: 'Crop' crop_param { axis: " + place + offsets + " }", x, size, cropped, shape, size);
        }
    }

    private static void check(String description, float[] x, long[] top, float[] expected, long[]... bottoms) {
        try (LayerRunner run = LayerRunner.of(description, 1, bottoms)) {
            run.bottom.get(0).data().set(x);
            assertArrayEquals(expected, run.forward(), 1e-3f, description);
            assertArrayEquals(top, run.top.get(0).shape(), description);
        }
    }

    @Test
    void scaleAndBias() {
        for (int round = 0; round < 80; round++) {
            long[] shape = shape();
            int axis = random.nextInt(shape.length);
            int axes = random.nextInt(shape.length - axis + 1);
            long[] operandShape = Nd.part(shape, axis, axis + axes);
            boolean learned = random.nextBoolean();
            boolean bias = random.nextBoolean();
            String numAxes = learned ? " num_axes: " + (axis + axes == shape.length && random.nextBoolean() ? -1 : axes) : "";
            float[] x = new float[Nd.count(shape)];
            float[] s = new float[Nd.count(operandShape)];
            float[] b = new float[s.length];
            float[] dy = new float[x.length];
            for (float[] values : List.of(x, s, b, dy)) {
                for (int i = 0; i < values.length; i++) {
                    values[i] = random.nextFloat() - 0.5f;
                }
            }
            int inner = Nd.count(Nd.part(shape, axis + axes, shape.length));
            for (boolean scale : new boolean[] {true, false}) {
                String field = scale ? "scale_param" : "bias_param";
                String description = "type: '" + (scale ? "Scale" : "Bias") + "' " + field + " { axis: " + named(axis, shape.length) + numAxes
                        + (scale && bias ? " bias_term: true" : "") + " }";
                try (LayerRunner run = learned ? LayerRunner.of(description, 1, shape) : LayerRunner.of(description, 1, shape, operandShape)) {
                    run.bottom.get(0).data().set(x);
                    var operand = learned ? run.layer.blobs().get(0) : run.bottom.get(1);
                    assertArrayEquals(operandShape, operand.shape(), description);
                    operand.data().set(s);
                    if (scale && bias) {
                        run.layer.blobs().get(learned ? 1 : 0).data().set(b);
                    }
                    double[] y = new double[x.length];
                    double[] dx = new double[x.length];
                    double[] ds = new double[s.length];
                    double[] db = new double[s.length];
                    for (int i = 0; i < x.length; i++) {
                        int at = i / inner % s.length;
                        y[i] = scale ? (double) x[i] * s[at] + (bias ? b[at] : 0) : (double) x[i] + s[at];
                        dx[i] = scale ? (double) dy[i] * s[at] : dy[i];
                        ds[at] += scale ? (double) dy[i] * x[i] : dy[i];
                        db[at] += dy[i];
                    }
                    compare(y, run.forward(), description);
                    run.top.get(0).diff().set(dy);
                    run.backward();
                    compare(dx, run.bottom.get(0).diff().toArray(), description + " bottom diff");
                    compare(ds, operand.diff().toArray(), description + " operand diff");
                    if (scale && bias) {
                        compare(db, run.layer.blobs().get(learned ? 1 : 0).diff().toArray(), description + " bias diff");
                    }
                }
            }
        }
    }

    private static void compare(double[] expected, float[] actual, String what) {
        double[] wide = new double[actual.length];
        java.util.Arrays.setAll(wide, i -> actual[i]);
        assertArrayEquals(expected, wide, 2e-5, what);
    }
}
