package org.caffe4j.tools;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.stream.IntStream;
import org.caffe4j.Blob;
import org.caffe4j.DataException;
import org.caffe4j.Net;
import org.caffe4j.ShapeException;
import org.caffe4j.io.FloatArray;
import org.caffe4j.io.Image;
import org.caffe4j.io.Images;
import org.caffe4j.io.Npy;
import org.caffe4j.optimize.Calibration;

/** What {@code --calibration} names. */
final class CalibrationSamples {
    private CalibrationSamples() {}

    /** The image files of a folder or of a list separated by commas. */
    static List<Path> images(String value) {
        Path folder = Path.of(value);
        return Files.isDirectory(folder) ? ImageFolder.list(folder) : Flags.list(value).stream().map(Path::of).toList();
    }

    /**
     * Samples of a net's inputs: a number, so many batches of a net that reads its data itself; a {@code .npy} file, each row of its array N×…
     * for the one input; else {@link #images}, resized to the one input's height and width, 0…255.
     */
    static Calibration inputs(String value) {
        if (value.chars().allMatch(Character::isDigit)) {
            return batches(value);
        }
        if (value.endsWith(".npy")) {
            return rows(Path.of(value));
        }
        List<Path> files = images(value);
        return Calibration.of(files.size(), (net, sample) -> write(net, files.get(sample)));
    }

    private static Calibration batches(String count) {
        try {
            return Calibration.ofData(Integer.parseInt(count));
        } catch (IllegalArgumentException e) {
            throw new UsageException("illegal value '" + count + "' specified for flag 'calibration': expected 1 batch or more");
        }
    }

    private static Calibration rows(Path file) {
        FloatArray array = Npy.read(file);
        long[] shape = array.shape();
        if (shape.length < 2 || array.values().length == 0) {
            throw new DataException(file + ": samples are an array whose first axis counts them, not one of shape " + Blob.shapeString(shape));
        }
        int length = array.rowLength();
        long[] one = shape.clone();
        one[0] = 1;
        return Calibration.of(IntStream.range(0, (int) shape[0])
                .mapToObj(row -> new FloatArray(one, Arrays.copyOfRange(array.values(), row * length, (row + 1) * length))).toList());
    }

    private static void write(Net net, Path file) {
        Blob input = net.inputs().size() == 1 ? net.inputs().get(0) : null;
        if (input == null || input.numAxes() != 4 || input.shape(1) != 1 && input.shape(1) != 3) {
            throw new ShapeException("images are samples for a net with one input of shape N×3×H×W or N×1×H×W, but this one has the inputs "
                    + net.inputNames() + net.inputs().stream().map(Blob::shapeString).toList()
                    + "; give --calibration an array (.npy), or a number of batches if the net reads its data itself");
        }
        Image image = Images.read(file, input.shape(1) == 1 ? Images.Mode.GRAY : Images.Mode.COLOR);
        Image resized = Images.resize(image, (int) input.shape(2), (int) input.shape(3));
        input.reshape(1, input.shape(1), input.shape(2), input.shape(3));
        input.data().set(Images.planes(resized).values());
    }
}
