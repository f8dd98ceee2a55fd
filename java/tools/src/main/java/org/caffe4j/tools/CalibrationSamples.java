package org.caffe4j.tools;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import java.util.stream.Stream;
import org.caffe4j.Blob;
import org.caffe4j.DataException;
import org.caffe4j.io.FloatArray;
import org.caffe4j.io.Npy;
import org.caffe4j.optimize.Calibration;
import org.caffe4j.optimize.Precision;

/** What {@code --calibration} names: sample inputs for {@code --precision=int8}. */
final class CalibrationSamples {
    private static final Set<String> IMAGES = Set.of("jpg", "jpeg", "png", "bmp");

    private CalibrationSamples() {}

    /** Throws unless the flag is there exactly where the precision needs it. */
    static void check(Precision precision, String value, String samples) {
        if (precision == Precision.INT8 && value.isEmpty()) {
            throw new UsageException("--precision=int8 takes the ranges of values from sample inputs: give --calibration=" + samples);
        }
        if (precision != Precision.INT8 && !value.isEmpty()) {
            throw new UsageException("--calibration is for --precision=int8");
        }
    }

    /** The image files of a folder, in the order of their names, or of a list separated by commas. */
    static List<Path> images(String value) {
        Path folder = Path.of(value);
        if (!Files.isDirectory(folder)) {
            return Flags.list(value).stream().map(Path::of).toList();
        }
        List<Path> files;
        try (Stream<Path> all = Files.list(folder)) {
            files = all.filter(CalibrationSamples::isImage).sorted().toList();
        } catch (IOException e) {
            throw new DataException("Cannot list the folder " + folder + ": " + e, e);
        }
        if (files.isEmpty()) {
            throw new DataException("The folder " + folder + " has no image to calibrate with (" + IMAGES.stream().sorted().toList() + ")");
        }
        return files;
    }

    private static boolean isImage(Path file) {
        String name = file.getFileName().toString().toLowerCase(Locale.ROOT);
        return IMAGES.contains(name.substring(name.lastIndexOf('.') + 1));
    }

    /** Each row of an array N×… of a {@code .npy} file as a sample of a net's one input; a number: so many batches of a net that reads data itself. */
    static Calibration inputs(String value) {
        if (value.chars().allMatch(Character::isDigit)) {
            try {
                return Calibration.ofData(Integer.parseInt(value));
            } catch (IllegalArgumentException e) {
                throw new UsageException("illegal value '" + value + "' specified for flag 'calibration': expected 1 batch or more");
            }
        }
        FloatArray array = Npy.read(Path.of(value));
        long[] shape = array.shape();
        if (shape.length < 2 || array.values().length == 0) {
            throw new DataException(value + ": samples are an array whose first axis counts them, not one of shape " + Blob.shapeString(shape));
        }
        int length = array.rowLength();
        long[] one = shape.clone();
        one[0] = 1;
        return Calibration.of(Stream.iterate(0, row -> row + 1).limit(shape[0])
                .map(row -> new FloatArray(one, Arrays.copyOfRange(array.values(), row * length, (row + 1) * length))).toList());
    }
}
