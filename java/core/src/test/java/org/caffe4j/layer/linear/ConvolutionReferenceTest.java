package org.caffe4j.layer.linear;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;

import java.util.Arrays;
import java.util.List;
import org.caffe4j.Phase;
import org.caffe4j.layer.LayerRunner;
import org.caffe4j.layer.Nd;
import org.caffe4j.proto.ConvolutionParameter;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Convolution, Deconvolution and Im2col against the sums that define them, in double precision. */
class ConvolutionReferenceTest {
    private interface Term {
        void at(int in, int weight, int out);
    }

    /** Fields of the description, one value for each spatial axis. */
    private record Window(int axis, long[] kernel, long[] stride, long[] pad, long[] dilation) {
        static Window of(ConvolutionParameter p, int axes, int spatial) {
            int axis = p.getAxis() < 0 ? p.getAxis() + axes : p.getAxis();
            return new Window(axis, p.hasKernelH() ? new long[] {p.getKernelH(), p.getKernelW()} : spread(p.getKernelSizeList(), spatial, 1),
                    p.hasStrideH() ? new long[] {p.getStrideH(), p.getStrideW()} : spread(p.getStrideList(), spatial, 1),
                    p.hasPadH() || p.hasPadW() ? new long[] {p.getPadH(), p.getPadW()} : spread(p.getPadList(), spatial, 0),
                    spread(p.getDilationList(), spatial, 1));
        }

        private static long[] spread(List<Integer> values, int axes, long absent) {
            long[] all = new long[axes];
            Arrays.fill(all, values.isEmpty() ? absent : values.get(0));
            for (int i = 0; i < values.size() && values.size() == axes; i++) {
                all[i] = values.get(i);
            }
            return all;
        }

        long reach(int i) {
            return dilation[i] * (kernel[i] - 1) + 1;
        }
    }

    /** Calls for every product that a convolution from {@code in} to {@code out} sums, all with channels at the window's axis. */
    private static void terms(Window w, long[] in, long[] out, long group, Term term) {
        int axis = w.axis;
        long inPerGroup = in[axis] / group;
        long outPerGroup = out[axis] / group;
        long[] weights = Nd.join(new long[] {out[axis], inPerGroup}, w.kernel);
        Nd.each(out, o -> Nd.each(Nd.join(new long[] {inPerGroup}, w.kernel), k -> {
            long[] i = o.clone();
            i[axis] = o[axis] / outPerGroup * inPerGroup + k[0];
            boolean inside = true;
            for (int d = 0; d < w.kernel.length; d++) {
                i[axis + 1 + d] = o[axis + 1 + d] * w.stride[d] - w.pad[d] + k[1 + d] * w.dilation[d];
                inside &= i[axis + 1 + d] >= 0 && i[axis + 1 + d] < in[axis + 1 + d];
            }
            if (inside) {
                term.at(Nd.flat(in, i), Nd.flat(weights, Nd.join(new long[] {o[axis]}, k)), Nd.flat(out, o));
            }
        }));
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', value = {
        "2 3          | num_output: 4",
        "3 4 7        | num_output: 2 kernel_size: 3 stride: 2 pad: 1 group: 2",
        "3 4 9        | num_output: 2 kernel_size: 2 dilation: 3 pad: 2",
        "2 4 7 6      | num_output: 6 kernel_size: 3 kernel_size: 2 stride: 2 stride: 1 pad: 0 pad: 1 group: 2",
        "2 4 7 6      | num_output: 6 kernel_h: 1 kernel_w: 4 stride_h: 3 stride_w: 1 pad_h: 2 pad_w: 1",
        "1 2 8 9      | num_output: 3 kernel_size: 2 pad_h: 1",
        "1 2 8 9      | num_output: 3 kernel_size: 2 dilation: 3 dilation: 2 pad: 3 stride: 2",
        "1 6 5 5      | num_output: 6 kernel_size: 3 group: 6 bias_term: false",
        "1 6 5 5      | num_output: 12 kernel_size: 3 group: 6 dilation: 2 pad: 2",
        "3 5 6 4      | num_output: 7 kernel_size: 1",
        "3 5 6 4      | num_output: 7 kernel_size: 1 stride: 2 pad: 1",
        "1 4 6 6      | num_output: 8 kernel_size: 1 group: 4",
        "1 2 3 4 5    | num_output: 4 kernel_size: 2 stride: 1 stride: 2 stride: 2 pad: 1 group: 2",
        "2 2 4 5 4    | num_output: 3 kernel_size: 3 kernel_size: 2 kernel_size: 1 dilation: 1 dilation: 2 dilation: 1",
        "1 2 2 3 3 2  | num_output: 2 kernel_size: 2 pad: 1",
        "2 3 2 4 4    | num_output: 4 kernel_size: 3 pad: 1 axis: 2 group: 2",
        "4 5 5        | num_output: 2 kernel_size: 2 axis: 0",
        "2 3 4 5 5    | num_output: 2 kernel_size: 3 axis: -3",
        "1 3 6 6      | num_output: 2 kernel_size: 6",
        "1 3 6 6      | num_output: 2 kernel_size: 3 pad: 3 force_nd_im2col: true",
        "2 8 7 7      | num_output: 16 kernel_size: 5 pad: 2 stride: 3"})
    void matchesTheDefinition(String shapeText, String fields) {
        long[] shape = Arrays.stream(shapeText.strip().split(" ")).mapToLong(Long::parseLong).toArray();
        for (String type : List.of("Convolution", "Deconvolution")) {
            for (Phase phase : Phase.values()) {
                for (String engine : List.of("DEFAULT", "CAFFE")) {
                    check(type, phase, fields + " engine: " + engine, shape);
                }
            }
        }
    }

    /** Numbers for which no kernels are generated. */
    @ParameterizedTest
    @CsvSource(delimiter = '|', value = {
        "1 16 6 40 | num_output: 16 kernel_size: 3 pad: 1 stride_h: 1 stride_w: 65536",
        "2 6 17 40 | num_output: 4 kernel_h: 1 kernel_w: 5 pad_h: 0 pad_w: 2 stride_h: 2 stride_w: 65536 bias_term: false",
        "1 16 5 5  | num_output: 16 kernel_size: 3 pad: 1 stride: 2147483647",
        "1 16 5 5  | num_output: 16 kernel_size: 3 pad: 40 stride: 10",
        "1 8 5 5   | num_output: 8 kernel_size: 3 pad: 100000 stride: 100000 group: 8",
        "1 8 5 5   | num_output: 8 kernel_size: 2 dilation: 4 stride: 100"})
    void extremeConvolutions(String shapeText, String fields) {
        long[] shape = Arrays.stream(shapeText.strip().split(" ")).mapToLong(Long::parseLong).toArray();
        for (Phase phase : Phase.values()) {
            for (String engine : List.of("DEFAULT", "CAFFE")) {
                check("Convolution", phase, fields + " engine: " + engine, shape);
            }
        }
    }

    private static void check(String type, Phase phase, String fields, long[] shape) {
        String description = "type: '" + type + "' convolution_param { " + fields + " }";
        try (LayerRunner run = new LayerRunner(phase, description, 1, shape)) {
            ConvolutionParameter p = run.layer.param().getConvolutionParam();
            int axis = p.getAxis() < 0 ? p.getAxis() + shape.length : p.getAxis();
            Window w = Window.of(p, shape.length, shape.length - axis - 1);
            boolean transposed = type.equals("Deconvolution");
            long[] top = shape.clone();
            top[axis] = p.getNumOutput();
            for (int i = 0; i < w.kernel.length; i++) {
                long size = shape[axis + 1 + i];
                top[axis + 1 + i] = transposed ? w.stride[i] * (size - 1) + w.reach(i) - 2 * w.pad[i]
                        : (size + 2 * w.pad[i] - w.reach(i)) / w.stride[i] + 1;
            }
            assertArrayEquals(top, run.top.get(0).shape(), description);
            long[] weightShape = Nd.join(new long[] {transposed ? shape[axis] : top[axis],
                (transposed ? top[axis] : shape[axis]) / p.getGroup()}, w.kernel);
            assertArrayEquals(weightShape, run.layer.blobs().get(0).shape(), description);
            assertEquals(p.getBiasTerm() ? 2 : 1, run.layer.blobs().size());
            float[] y = run.fillAll(1).forward();
            LayerRunner.fill(run.top.get(0).diff(), 5, -1, 1);
            for (var blob : run.layer.blobs()) {
                LayerRunner.fill(blob.diff(), 6, -1, 1); // gradients of parameters are added
            }
            double[] dw = widen(run.layer.blobs().get(0).diff().toArray());
            double[] db = p.getBiasTerm() ? widen(run.layer.blobs().get(1).diff().toArray()) : null;
            run.backward();
            float[] x = run.bottom.get(0).data().toArray();
            float[] weight = run.layer.blobs().get(0).data().toArray();
            float[] dy = run.top.get(0).diff().toArray();
            double[] expected = new double[y.length];
            double[] dx = new double[x.length];
            int inner = Nd.count(Nd.part(top, axis + 1, top.length));
            for (int i = 0; i < expected.length && db != null; i++) {
                int channel = i / inner % (int) top[axis];
                expected[i] = run.layer.blobs().get(1).data().toArray()[channel];
                db[channel] += dy[i];
            }
            if (transposed) {
                terms(w, top, shape, p.getGroup(), (in, k, out) -> {
                    expected[in] += x[out] * (double) weight[k];
                    dx[out] += dy[in] * (double) weight[k];
                    dw[k] += dy[in] * (double) x[out];
                });
            } else {
                terms(w, shape, top, p.getGroup(), (in, k, out) -> {
                    expected[out] += x[in] * (double) weight[k];
                    dx[in] += dy[out] * (double) weight[k];
                    dw[k] += dy[out] * (double) x[in];
                });
            }
            compare(expected, y, description + " top");
            compare(dx, run.bottom.get(0).diff().toArray(), description + " bottom diff");
            compare(dw, run.layer.blobs().get(0).diff().toArray(), description + " weight diff");
            if (db != null) {
                compare(db, run.layer.blobs().get(1).diff().toArray(), description + " bias diff");
            }
        }
    }

    private static double[] widen(float[] values) {
        double[] wide = new double[values.length];
        Arrays.setAll(wide, i -> values[i]);
        return wide;
    }

    private static void compare(double[] expected, float[] actual, String what) {
        assertArrayEquals(expected, widen(actual), 1e-4, what);
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', value = {
        "2 3 6 5   | kernel_size: 3 stride: 2 pad: 1",
        "2 3 6 5   | kernel_h: 2 kernel_w: 3 dilation: 2",
        "2 2 9     | kernel_size: 2 dilation: 3 pad: 1",
        "1 2 3 4 3 | kernel_size: 2 stride: 2 pad: 1",
        "2 2 3 5 4 | kernel_size: 2 axis: 2"})
    void im2colMatchesTheDefinition(String shapeText, String fields) {
        long[] shape = Arrays.stream(shapeText.strip().split(" ")).mapToLong(Long::parseLong).toArray();
        try (LayerRunner run = LayerRunner.of("type: 'Im2col' convolution_param { " + fields + " }", 1, shape)) {
            float[] columns = run.fillAll(1).forward();
            LayerRunner.fill(run.top.get(0).diff(), 5, -1, 1);
            run.backward();
            float[] x = run.bottom.get(0).data().toArray();
            float[] dy = run.top.get(0).diff().toArray();
            int axis = run.layer.param().getConvolutionParam().getAxis();
            Window w = Window.of(run.layer.param().getConvolutionParam(), shape.length, shape.length - axis - 1);
            // A convolution whose output channel is the kernel point itself picks every value of the unrolled blob once.
            int points = Nd.count(w.kernel);
            long[] top = shape.clone();
            top[axis] = shape[axis] * points;
            for (int i = 0; i < w.kernel.length; i++) {
                top[axis + 1 + i] = (shape[axis + 1 + i] + 2 * w.pad[i] - w.reach(i)) / w.stride[i] + 1;
            }
            assertArrayEquals(top, run.top.get(0).shape());
            double[] expected = new double[columns.length];
            double[] dx = new double[x.length];
            int kernelCount = points * (int) shape[axis];
            terms(w, shape, top, 1, (in, k, out) -> {
                int channel = out / Nd.count(Nd.part(top, axis + 1, top.length)) % (int) top[axis];
                if (k % kernelCount == channel) {
                    expected[out] = x[in];
                    dx[in] += dy[out];
                }
            });
            compare(expected, columns, fields);
            compare(dx, run.bottom.get(0).diff().toArray(), fields);
        }
    }
}
