package org.caffe4j.tools;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.caffe4j.Blob;
import org.caffe4j.DataException;
import org.caffe4j.io.FloatArray;
import org.caffe4j.io.Images;
import org.caffe4j.io.Npy;

/**
 * The input of Caffe's classify.py: an image, a folder of images, or an array of images N×H×W×C, red, green, blue, 0…1. Images are read as
 * floats of shape C×H×W, blue, green, red, 0…255, a part at a time.
 */
final class ScriptImages {
    private static final int RGB = 3;
    private static final float WHITE = 255;

    private final List<Path> files;
    private final FloatArray array;
    private final Images.Mode mode;

    private ScriptImages(List<Path> files, FloatArray array, Images.Mode mode) {
        this.files = files;
        this.array = array;
        this.mode = mode;
    }

    /**
     * Finds the images.
     *
     * @param extension what the names of a folder's images end in, after a dot
     * @throws DataException if there are none, or an array has another shape
     */
    static ScriptImages of(Path input, String extension, Images.Mode mode) {
        if (input.toString().endsWith("npy")) {
            FloatArray array = Npy.read(input);
            if (array.shape().length == 3) {
                array = new FloatArray(new long[] {1, array.shape()[0], array.shape()[1], array.shape()[2]}, array.values());
            }
            if (array.shape().length != 4 || array.values().length == 0) {
                throw new DataException(input + ": images are an array of shape N×H×W×C, not " + Blob.shapeString(array.shape()));
            }
            return new ScriptImages(List.of(), array, mode);
        }
        List<Path> files = Files.isDirectory(input) ? ImageFolder.list(input, extension) : List.of(input);
        return new ScriptImages(files, null, mode);
    }

    int size() {
        return array == null ? files.size() : (int) array.shape()[0];
    }

    /** At most {@code count} images from number {@code from} on. */
    List<FloatArray> read(int from, int count) {
        List<FloatArray> images = new ArrayList<>();
        for (int i = from; i < Math.min(size(), from + count); i++) {
            images.add(array == null ? Images.planes(Images.read(files.get(i), mode)) : planes(i));
        }
        return images;
    }

    private FloatArray planes(int image) {
        int channels = (int) array.shape()[3];
        int plane = (int) (array.shape()[1] * array.shape()[2]);
        float[] values = new float[channels * plane];
        for (int c = 0; c < channels; c++) {
            int to = channels == RGB ? RGB - 1 - c : c;
            for (int i = 0; i < plane; i++) {
                values[to * plane + i] = array.values()[(image * plane + i) * channels + c] * WHITE;
            }
        }
        return new FloatArray(new long[] {channels, array.shape()[1], array.shape()[2]}, values);
    }
}
