package org.caffe4j.classify;

import java.nio.FloatBuffer;
import java.util.List;
import org.caffe4j.Blob;
import org.caffe4j.Net;
import org.caffe4j.ShapeException;
import org.caffe4j.data.PixelTransform.Window;

/** Runs crops of images through a net in batches. Confined to one caller at a time, as its net is. */
final class CropRunner {
    /** A window of the net's input size in a resized image, mirrored or not. */
    record Crop(InputImage image, Window window, boolean mirror) {
    }

    private final Net net;
    private final Blob input;
    private final Blob output;
    private final Preprocessor preprocessor;
    private final int batchSize;
    private final boolean softmax;

    /**
     * @param batchSize the most crops that go through the net at once
     * @param softmax whether the net's output is turned into probabilities
     */
    CropRunner(Net net, Blob input, Blob output, Preprocessor preprocessor, int batchSize, boolean softmax) {
        this.net = net;
        this.input = input;
        this.output = output;
        this.preprocessor = preprocessor;
        this.batchSize = batchSize;
        this.softmax = softmax;
    }

    /** The values of all classes for each crop. */
    float[][] run(List<Crop> crops) {
        float[][] outputs = new float[crops.size()][];
        for (int from = 0; from < outputs.length; from += batchSize) {
            runBatch(crops.subList(from, Math.min(from + batchSize, outputs.length)), outputs, from);
        }
        return outputs;
    }

    private void runBatch(List<Crop> crops, float[][] outputs, int at) {
        int n = crops.size();
        input.reshape(n, input.shape(1), input.shape(2), input.shape(3));
        FloatBuffer values = input.data().overwrite();
        int count = (int) input.count(1);
        for (int i = 0; i < n; i++) {
            Crop crop = crops.get(i);
            preprocessor.write(crop.image, crop.window, crop.mirror, values, i * count);
        }
        net.forward();
        if (output.numAxes() == 0 || output.shape(0) != n) {
            throw new ShapeException("the output of " + n + " images has shape " + output.shapeString() + "; its first axis must be " + n
                + " (is there a Reshape layer with a fixed batch size?)");
        }
        int classes = (int) output.count(1);
        FloatBuffer result = output.data().read();
        for (int i = 0; i < n; i++) {
            float[] row = new float[classes];
            result.get(i * classes, row);
            outputs[at + i] = softmax ? Scores.softmax(row) : row;
        }
    }
}
