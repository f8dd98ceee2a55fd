package org.caffe4j.optimize;

import java.util.List;
import java.util.function.ObjIntConsumer;
import org.caffe4j.Blob;
import org.caffe4j.Net;
import org.caffe4j.ShapeException;
import org.caffe4j.io.FloatArray;

/**
 * Sample inputs of a net, from which {@link Precision#INT8} takes the ranges of the values between layers. They should be like what the net
 * will see, a few dozen, preprocessed the same way; what they are labelled counts for nothing.
 */
public interface Calibration {
    /** The number of samples; each is one forward pass, of any batch size. At least 1. */
    int size();

    /**
     * Writes sample number {@code sample}, from 0 on, to the inputs of the net, which it may reshape. For nets that read their data themselves
     * there is nothing to do.
     */
    void fill(Net net, int sample);

    /**
     * Samples that a callback writes to the net's inputs.
     *
     * @param fill called with the net and 0, 1, …, {@code size} - 1
     * @throws IllegalArgumentException if {@code size} is less than 1
     */
    static Calibration of(int size, ObjIntConsumer<Net> fill) {
        if (size < 1) {
            throw new IllegalArgumentException("a net is calibrated with at least 1 sample, not " + size);
        }
        return new Calibration() {
            @Override
            public int size() {
                return size;
            }

            @Override
            public void fill(Net net, int sample) {
                fill.accept(net, sample);
            }
        };
    }

    /**
     * Samples for a net of one input.
     *
     * @param samples arrays of the input's shape, but for the batch size, which may differ and may be left out: N×C×H×W or C×H×W
     * @throws IllegalArgumentException if there are none
     */
    static Calibration of(List<FloatArray> samples) {
        List<FloatArray> all = List.copyOf(samples);
        return of(all.size(), (net, sample) -> write(net, all.get(sample)));
    }

    /** The first {@code batches} batches of a net that reads its data itself; its data layers go on behind them. */
    static Calibration ofData(int batches) {
        return of(batches, (net, sample) -> { });
    }

    private static void write(Net net, FloatArray sample) {
        if (net.inputs().size() != 1) {
            throw new ShapeException("an array is a sample for a net of one input, but there are " + net.inputs().size() + ": "
                    + net.inputNames() + "; fill them with Calibration.of(int, ObjIntConsumer)");
        }
        Blob input = net.inputs().get(0);
        long[] given = sample.shape();
        long[] shape = input.shape();
        int batched = given.length == shape.length ? 1 : 0;
        boolean fits = given.length + 1 - batched == shape.length;
        for (int i = 1; fits && i < shape.length; i++) {
            fits = given[i - 1 + batched] == shape[i];
        }
        if (!fits || sample.values().length == 0) {
            throw new ShapeException("the array has shape " + Blob.shapeString(given) + ", but input '" + net.inputNames().get(0)
                    + "' has shape " + input.shapeString() + ", of which only the first number may differ or be left out");
        }
        shape[0] = batched == 1 ? given[0] : 1;
        input.reshape(shape);
        input.data().set(sample.values());
    }
}
