package org.caffe4j.optimize;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.FloatBuffer;
import java.util.List;
import java.util.Random;
import org.caffe4j.Blob;
import org.caffe4j.Close;
import org.caffe4j.Context;
import org.caffe4j.Net;
import org.caffe4j.Phase;
import org.caffe4j.TestDevice;
import org.caffe4j.io.FloatArray;
import org.caffe4j.io.PrototxtReader;
import org.caffe4j.proto.NetParameter;

/** For tests: a net as it is, and an optimised one with the same weights, which are random unless set. */
final class OptimizedPair implements AutoCloseable {
    private static final double TOLERANCE = 1e-4;

    final Context context = TestDevice.context(2);
    final Net plain;
    final Net optimized;
    private final Random random = new Random(7);
    private double tolerance = TOLERANCE;

    OptimizedPair(NetParameter definition) {
        plain = new Net(definition, Phase.TEST, context);
        optimized = new Net(definition, Phase.TEST, context);
    }

    static OptimizedPair of(String layers) {
        OptimizedPair pair = new OptimizedPair(PrototxtReader.parseNet("name: 'test' " + layers, "test"));
        pair.randomizeWeights();
        pair.randomizeInputs();
        return pair;
    }

    /** Weights that keep the scale of what passes through, statistics and slopes as trained nets have them. */
    void randomizeWeights() {
        plain.params().forEach((layer, blobs) -> {
            String type = plain.layerByName(layer).type();
            for (int i = 0; i < blobs.size(); i++) {
                Blob blob = blobs.get(i);
                switch (type) {
                    case "BatchNorm" -> uniform(blob, i == 0 ? -0.2f : 0.5f, i == 0 ? 0.2f : 1.5f);
                    case "Scale" -> uniform(blob, i == 0 ? 0.6f : -0.2f, i == 0 ? 1.2f : 0.2f);
                    case "PReLU" -> uniform(blob, 0.1f, 0.4f);
                    default -> {
                        float bound = blob.numAxes() > 1 ? (float) Math.sqrt(6.0 * blob.shape(0) / blob.count()) : 0.1f;
                        uniform(blob, -bound, bound);
                    }
                }
            }
        });
    }

    void randomizeInputs() {
        plain.inputs().forEach(input -> uniform(input, -1, 1));
    }

    /** Cheap noise: nets of a hundred million weights are filled with it. */
    private void uniform(Blob blob, float low, float high) {
        FloatBuffer values = blob.data().overwrite();
        long state = random.nextLong() | 1;
        for (int i = 0; i < values.limit(); i++) {
            state ^= state << 13;
            state ^= state >>> 7;
            state ^= state << 17;
            values.put(i, low + (high - low) * (state >>> 40) / (1 << 24));
        }
    }

    /** Optimises the second net over the weights of the first. */
    InferencePlan optimize(String... keep) {
        return optimize(OptimizeOptions.defaults().keep(keep));
    }

    /**
     * The same; where the plan computes with bf16 or int8, results may be off by what its bits lose on the way. Unless the options have
     * samples, the inputs are the sample that int8 is calibrated with.
     */
    InferencePlan optimize(OptimizeOptions options) {
        return optimize(options, 1);
    }

    /** The same, where int8 is calibrated with so many samples: the inputs, and others that are random. */
    InferencePlan optimize(OptimizeOptions options, int size) {
        optimized.shareTrainedLayersWith(plain);
        boolean samples = options.precision() == Precision.INT8 && options.calibration() == null;
        optimized.optimize(samples ? options.calibration(Calibration.of(size, (net, sample) -> {
            giveInputs();
            if (sample > 0) {
                net.inputs().forEach(input -> uniform(input, -1, 1));
            }
        })) : options);
        double rounding = Math.sqrt(Math.max(1, plain.params().values().stream().filter(blobs -> blobs.get(0).numAxes() > 1).count()));
        if (optimized.plan().precision() == Precision.BF16) {
            // A layer with weights rounds these and its input. A value m * 2^e, 1 <= m < 2, is rounded to steps of 2^(e-7), which errs by
            // 2^(e-7) / sqrt(12) in the root mean square; where m is spread as leading digits are, its own is sqrt(3 / (2 ln 2)) * 2^e, so
            // that the error is 0.4 * 2^-8 of it. The products of a sum err independently, so the sum errs by sqrt(2) * 0.4 * 2^-8 of the
            // root mean square of its values (a twentieth more by Winograd's algorithm, see docs/performance.md); L layers by sqrt(L) as much.
            // Seven standard deviations, as none of a million values exceeds six. Bf16BoundTest is strict, by layer.
            tolerance = 4 * 0x1p-8 * rounding;
        } else if (optimized.plan().precision() == Precision.INT8) {
            // It rounds its input to steps of r / 127 or less: the error's standard deviation is r / (127 * sqrt(12)). The range r with the least
            // mean squared error is 3.9 standard deviations of the input where that is distributed normally, and 7.0 for a Laplace distribution
            // (where 2 b^2 e^(-r/b) is cut off, and 2 b^2 is the variance, so that r = 9.9 b), whose tails are as long as those of values in
            // trained nets. Seven make the error 2^-6 of the input's deviation; weights, spread evenly, err by 2^-8 of theirs. Nets of this
            // test come to 0.9 of that. Single values, those that are cut off, may be off by more: so means are compared.
            tolerance = 0x1p-6 * rounding;
        }
        return optimized.plan();
    }

    private void giveInputs() {
        for (int i = 0; i < plain.inputs().size(); i++) {
            Blob from = plain.inputs().get(i);
            optimized.inputs().get(i).reshape(from.shape());
            optimized.inputs().get(i).data().set(from.data().toArray());
        }
    }

    /** Runs both nets on the first one's inputs and compares the outputs and the blobs that were kept. */
    void check(String... kept) {
        checkOnly(kept);
        plain.outputNames().forEach(this::compare);
    }

    /** The same without the outputs, for nets whose last layer, such as Softmax, makes errors larger than it makes values. */
    void checkOnly(String... kept) {
        giveInputs();
        float loss = plain.forward();
        assertEquals(loss, optimized.forward(), tolerance * Math.max(1, Math.abs(loss)));
        List.of(kept).forEach(this::compare);
    }

    private void compare(String name) {
        Blob expected = plain.blobByName(name);
        Blob actual = optimized.blobByName(name);
        assertEquals(expected.shapeString(), actual.shapeString(), name);
        if (optimized.plan().precision() == Precision.INT8) {
            compareMeans(name, expected.data().toArray(), actual.data().toArray());
            return;
        }
        Close.check(name, new FloatArray(expected.shape(), expected.data().toArray()), actual.shape(), actual.data().toArray(), tolerance);
    }

    /** The root of the mean squared error, against that of the values. */
    private void compareMeans(String name, float[] expected, float[] actual) {
        double values = 0;
        double errors = 0;
        for (int i = 0; i < expected.length; i++) {
            values += (double) expected[i] * expected[i];
            errors += Math.pow((double) actual[i] - expected[i], 2);
        }
        double off = Math.sqrt(errors / values);
        assertTrue(off <= tolerance, () -> name + " is off by " + off + " of its values in the mean, allowed " + tolerance);
    }

    @Override
    public void close() {
        optimized.close();
        plain.close();
        context.close();
    }
}
