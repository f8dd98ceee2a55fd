package org.caffe4j.io;

import java.nio.ByteBuffer;
import java.nio.FloatBuffer;
import java.nio.file.Path;
import java.util.Optional;
import org.bytedeco.javacpp.BytePointer;
import org.bytedeco.javacpp.Loader;
import org.bytedeco.opencv.global.opencv_core;
import org.bytedeco.opencv.global.opencv_imgcodecs;
import org.bytedeco.opencv.global.opencv_imgproc;
import org.bytedeco.opencv.opencv_core.Mat;
import org.bytedeco.opencv.opencv_core.Size;
import org.caffe4j.DataException;

/**
 * Reads, writes and resizes images with OpenCV, as Caffe does, so that the pixels are the same. OpenCV is loaded at the first use. Every
 * method may be called from any thread.
 */
public final class Images {

    /** What channels a decoded image gets. */
    public enum Mode {
        /** Three channels, blue green red, whatever the file has; alpha is dropped, grey repeated. */
        COLOR,
        /** One channel. */
        GRAY,
        /** The file's own: 1, 3 or 4. */
        UNCHANGED
    }

    private Images() {
    }

    /** Why images cannot be read on this machine; empty if they can. */
    public static Optional<Throwable> unavailabilityCause() {
        return Optional.ofNullable(OpenCv.FAILURE);
    }

    /** @throws DataException if the file cannot be read or is no image; the message names it */
    public static Image read(Path file, Mode mode) {
        try (ImageDecoder decoder = new ImageDecoder()) {
            decoder.read(file, mode);
            return decoder.toImage();
        }
    }

    /**
     * Decodes the bytes of an image file; {@link ImageDecoder} does it with less copying.
     *
     * @throws DataException if the bytes are no whole image, or one whose samples are not 8-bit
     */
    public static Image decode(byte[] bytes, Mode mode) {
        try (ImageDecoder decoder = new ImageDecoder()) {
            decoder.decode(ByteBuffer.wrap(bytes), mode);
            return decoder.toImage();
        }
    }

    /** Resizes by bilinear interpolation without smoothing (OpenCV's INTER_LINEAR); an image of that size already is returned itself. */
    public static Image resize(Image image, int height, int width) {
        if (image.height() == height && image.width() == width) {
            return image;
        }
        try (ImageDecoder decoder = new ImageDecoder()) {
            decoder.load(image);
            decoder.resize(height, width);
            return decoder.toImage();
        }
    }

    /** The values of an image as floats, C×H×W. */
    public static FloatArray planes(Image image) {
        int plane = image.height() * image.width();
        float[] values = new float[image.channels() * plane];
        for (int i = 0; i < values.length; i++) {
            values[i % image.channels() * plane + i / image.channels()] = image.pixels()[i] & 0xff;
        }
        return new FloatArray(new long[] {image.channels(), image.height(), image.width()}, values);
    }

    /** Resizes float planes (channels × height × width, row-major) by bilinear interpolation without smoothing. */
    public static float[] resizePlanes(float[] values, int channels, int height, int width, int newHeight, int newWidth) {
        OpenCv.require();
        float[] out = new float[Math.multiplyExact(channels, Math.multiplyExact(newHeight, newWidth))];
        try (Mat source = new Mat(height, width, opencv_core.CV_32FC1);
             Mat resized = new Mat(newHeight, newWidth, opencv_core.CV_32FC1);
             Size size = new Size(newWidth, newHeight)) {
            FloatBuffer from = source.createBuffer();
            FloatBuffer to = resized.createBuffer();
            for (int c = 0; c < channels; c++) {
                from.put(0, values, c * height * width, height * width);
                opencv_imgproc.resize(source, resized, size, 0, 0, opencv_imgproc.INTER_LINEAR);
                to.get(0, out, c * newHeight * newWidth, newHeight * newWidth);
            }
            return out;
        } catch (RuntimeException e) {
            throw new DataException("Could not resize " + channels + " planes of height " + height + ", width " + width + " to height "
                + newHeight + ", width " + newWidth + ": " + e.getMessage(), e);
        }
    }

    /**
     * Encodes with OpenCV's default quality.
     *
     * @param extension "png", "jpg" or another file extension that OpenCV writes, with or without a leading dot
     */
    public static byte[] encode(Image image, String extension) {
        OpenCv.require();
        String dotted = extension.startsWith(".") ? extension : "." + extension;
        try (BytePointer pointer = new BytePointer(image.pixels());
             Mat source = toMat(image, pointer);
             BytePointer encoded = new BytePointer()) {
            if (!opencv_imgcodecs.imencode(dotted, source, encoded)) {
                throw new DataException("Could not encode " + image + " as " + dotted);
            }
            byte[] bytes = new byte[Math.toIntExact(encoded.limit())];
            encoded.get(bytes);
            return bytes;
        } catch (DataException e) {
            throw e;
        } catch (RuntimeException e) {
            throw new DataException("Could not encode " + image + " as " + dotted + ": " + e.getMessage(), e);
        }
    }

    private static Mat toMat(Image image, BytePointer pixels) {
        return new Mat(image.height(), image.width(), opencv_core.CV_8UC(image.channels()), pixels);
    }

    /** @throws DataException saying why, if OpenCV cannot be loaded */
    static void requireOpenCv() {
        OpenCv.require();
    }

    /** Loads OpenCV once; where that fails the cause is kept and every call says it. */
    private static final class OpenCv {
        static final Throwable FAILURE = load();

        private OpenCv() {
        }

        private static Throwable load() {
            try {
                Loader.load(opencv_imgproc.class);
                Loader.load(opencv_imgcodecs.class);
                return null;
            } catch (LinkageError | RuntimeException e) {
                return e;
            }
        }

        static void require() {
            if (FAILURE != null) {
                throw new DataException("Images need OpenCV's native library, which cannot be loaded (" + FAILURE.getMessage()
                    + "); add org.bytedeco:opencv with the classifier of this platform (and openblas' and javacpp's) to the class path",
                    FAILURE);
            }
        }
    }
}
