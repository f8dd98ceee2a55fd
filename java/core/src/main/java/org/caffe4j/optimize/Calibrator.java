package org.caffe4j.optimize;

import java.util.List;
import org.caffe4j.Blob;
import org.caffe4j.Net;
import org.caffe4j.NativeErrors;

/** Runs a net's samples and leaves its inputs as they were. */
final class Calibrator {
    private final Net net;
    private final Runnable observe;

    /** @param observe runs the net once and watches */
    Calibrator(Net net, Runnable observe) {
        this.net = net;
        this.observe = observe;
    }

    void run(Calibration samples) {
        if (samples.size() < 1) {
            throw new IllegalArgumentException("net '" + net.name() + "' is calibrated with at least 1 sample, not " + samples.size());
        }
        List<long[]> shapes = net.inputs().stream().map(Blob::shape).toList();
        List<float[]> values = net.inputs().stream().map(input -> input.data().toArray()).toList();
        try {
            for (int i = 0; i < samples.size(); i++) {
                run(samples, i);
            }
        } finally {
            for (int i = 0; i < shapes.size(); i++) {
                net.inputs().get(i).reshape(shapes.get(i));
                net.inputs().get(i).data().set(values.get(i));
            }
        }
    }

    private void run(Calibration samples, int sample) {
        try {
            samples.fill(net, sample);
            observe.run();
        } catch (RuntimeException e) {
            throw NativeErrors.translate(e, "net '" + net.name() + "', calibration sample " + sample + ": ");
        }
    }
}
