package org.caffe4j.io;

import java.io.IOException;
import java.nio.FloatBuffer;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
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
        byte[] bytes;
        try {
            bytes = Files.readAllBytes(file);
        } catch (NoSuchFileException e) {
            throw new DataException("Could not open or find file " + file, e);
        } catch (IOException e) {
            throw new DataException("Could not read image file " + file + ": " + e, e);
        }
        try {
            return decode(bytes, mode);
        } catch (DataException e) {
            throw new DataException("Could not load " + file + ": " + e.getMessage(), e);
        }
    }

    /**
     * Decodes the bytes of an image file (JPEG, PNG, BMP, TIFF, WebP and what else OpenCV knows).
     *
     * @throws DataException if the bytes are no image, or one whose samples are not 8-bit
     */
    public static Image decode(byte[] bytes, Mode mode) {
        OpenCv.require();
        if (bytes.length == 0) {
            throw new DataException("Could not decode image: no bytes");
        }
        int flag = switch (mode) {
            case COLOR -> opencv_imgcodecs.IMREAD_COLOR;
            case GRAY -> opencv_imgcodecs.IMREAD_GRAYSCALE;
            case UNCHANGED -> opencv_imgcodecs.IMREAD_UNCHANGED;
        };
        try (BytePointer pointer = new BytePointer(bytes);
             Mat encoded = new Mat(1, bytes.length, opencv_core.CV_8UC1, pointer);
             Mat decoded = opencv_imgcodecs.imdecode(encoded, flag)) {
            if (decoded == null || decoded.empty()) {
                throw new DataException("Could not decode image: " + bytes.length + " bytes that no image format accepts"
                    + (isCutJpeg(bytes) ? "; it is a JPEG without its end, cut short" : ""));
            }
            if (decoded.depth() != opencv_core.CV_8U) {
                throw new DataException("Image data type must be unsigned byte, but its samples have " + decoded.elemSize1() * 8 + " bits");
            }
            return fromMat(decoded);
        } catch (DataException e) {
            throw e;
        } catch (RuntimeException e) {
            throw new DataException("Could not decode image of " + bytes.length + " bytes: " + e.getMessage(), e);
        }
    }

    private static boolean isCutJpeg(byte[] bytes) {
        int last = bytes.length - 1;
        return last > 2 && bytes[0] == (byte) 0xff && bytes[1] == (byte) 0xd8 && !(bytes[last - 1] == (byte) 0xff && bytes[last] == (byte) 0xd9);
    }

    /** Resizes by bilinear interpolation without smoothing (OpenCV's INTER_LINEAR); an image of that size already is returned itself. */
    public static Image resize(Image image, int height, int width) {
        if (height <= 0 || width <= 0) {
            throw new IllegalArgumentException("cannot resize to height " + height + ", width " + width);
        }
        if (image.height() == height && image.width() == width) {
            return image;
        }
        OpenCv.require();
        try (BytePointer pointer = new BytePointer(image.pixels());
             Mat source = toMat(image, pointer);
             Mat resized = new Mat();
             Size size = new Size(width, height)) {
            opencv_imgproc.resize(source, resized, size, 0, 0, opencv_imgproc.INTER_LINEAR);
            return fromMat(resized);
        } catch (RuntimeException e) {
            throw new DataException("Could not resize " + image + " to height " + height + ", width " + width + ": " + e.getMessage(), e);
        }
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

    private static Image fromMat(Mat mat) {
        int rowBytes = Math.toIntExact(mat.cols() * mat.elemSize());
        byte[] pixels = new byte[Math.multiplyExact(mat.rows(), rowBytes)];
        try (BytePointer data = mat.data()) {
            for (int y = 0; y < mat.rows(); y++) {
                data.position(y * mat.step1()).get(pixels, y * rowBytes, rowBytes);
            }
        }
        return new Image(mat.rows(), mat.cols(), mat.channels(), pixels);
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
