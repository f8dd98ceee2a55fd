package org.caffe4j.bench;

import java.nio.FloatBuffer;
import org.bytedeco.opencv.global.opencv_core;
import org.bytedeco.opencv.global.opencv_dnn;
import org.bytedeco.opencv.opencv_core.Mat;
import org.bytedeco.opencv.opencv_dnn.Net;
import org.caffe4j.proto.BlobShape;

/** OpenCV's dnn module, which still reads Caffe's files in version 4. */
final class OpenCvEngine implements Engine {
    private Net net;
    private Mat input;
    private Mat output;

    @Override
    public void load(NetFiles files, int threads) {
        opencv_core.setNumThreads(threads);
        net = opencv_dnn.readNetFromCaffe(files.prototxt().toString(), files.weights().toString());
        BlobShape shape = files.definition().getLayer(0).getInputParam().getShape(0);
        int[] dims = shape.getDimList().stream().mapToInt(Math::toIntExact).toArray();
        input = new Mat(dims, opencv_core.CV_32F);
        FloatBuffer values = input.createBuffer();
        Inputs.fill(values);
    }

    @Override
    public void run() {
        net.setInput(input);
        if (output != null) {
            output.close();
        }
        output = net.forward();
    }

    @Override
    public float[] output() {
        FloatBuffer values = output.createBuffer();
        float[] first = new float[Math.min(Inputs.COMPARED, values.remaining())];
        values.get(first);
        return first;
    }

    @Override
    public void close() {
        if (net != null) {
            net.close();
        }
    }
}
