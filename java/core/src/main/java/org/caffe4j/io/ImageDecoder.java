package org.caffe4j.io;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import org.bytedeco.javacpp.BytePointer;
import org.bytedeco.opencv.global.opencv_core;
import org.bytedeco.opencv.global.opencv_imgcodecs;
import org.bytedeco.opencv.global.opencv_imgproc;
import org.bytedeco.opencv.opencv_core.Mat;
import org.bytedeco.opencv.opencv_core.Size;
import org.caffe4j.DataException;

/**
 * Decodes images with OpenCV, one after another, into memory outside the Java heap that it uses again and again. It holds the image that
 * was decoded last: 8-bit pixels, interleaved, in the channel order of {@link Image}. One thread at a time; several decoders may work at
 * the same time. OpenCV is loaded for the first image. The caller closes it.
 */
public final class ImageDecoder implements AutoCloseable {
    private ByteBuffer file = ByteBuffer.allocateDirect(0);
    private Mat decoded;
    private Mat resized;
    private Mat image;

    /**
     * Decodes the bytes of an image file (JPEG, PNG, BMP, TIFF, WebP and what else OpenCV knows). A direct buffer is read where it is.
     *
     * @param bytes from its position to its limit; neither moves
     * @throws DataException if the bytes are no whole image, or one whose samples are not 8-bit, or OpenCV cannot be loaded
     */
    public void decode(ByteBuffer bytes, Images.Mode mode) {
        prepare();
        int length = bytes.remaining();
        if (length == 0) {
            throw new DataException("Could not decode image: no bytes");
        }
        ByteBuffer direct = bytes;
        if (!bytes.isDirect()) {
            direct = room(length).put(bytes.duplicate()).flip();
        }
        int flag = switch (mode) {
            case COLOR -> opencv_imgcodecs.IMREAD_COLOR;
            case GRAY -> opencv_imgcodecs.IMREAD_GRAYSCALE;
            case UNCHANGED -> opencv_imgcodecs.IMREAD_UNCHANGED;
        };
        try (BytePointer pointer = new BytePointer(direct);
             Mat encoded = new Mat(1, length, opencv_core.CV_8UC1, pointer);
             Mat result = opencv_imgcodecs.imdecode(encoded, flag, decoded)) {
            if (result == null || result.empty()) {
                throw new DataException("Could not decode image: " + length + " bytes that no image format accepts"
                    + (isCutJpeg(direct) ? "; it is a JPEG without its end, cut short" : ""));
            }
            if (decoded.depth() != opencv_core.CV_8U) {
                throw new DataException("Image data type must be unsigned byte, but its samples have " + decoded.elemSize1() * 8 + " bits");
            }
        } catch (DataException e) {
            throw e;
        } catch (RuntimeException e) {
            throw new DataException("Could not decode image of " + length + " bytes: " + e.getMessage(), e);
        }
        image = decoded;
    }

    private static boolean isCutJpeg(ByteBuffer bytes) {
        int end = bytes.limit();
        return bytes.remaining() > 3 && bytes.getShort(bytes.position()) == (short) 0xffd8
            && !(bytes.get(end - 2) == (byte) 0xff && bytes.get(end - 1) == (byte) 0xd9);
    }

    /** Decodes a file. @throws DataException if it cannot be read or is no image; the message names it */
    public void read(Path path, Images.Mode mode) {
        ByteBuffer bytes;
        try (FileChannel channel = FileChannel.open(path)) {
            bytes = room(Math.toIntExact(channel.size()));
            while (bytes.hasRemaining() && channel.read(bytes) >= 0) {
                continue;
            }
        } catch (NoSuchFileException e) {
            throw new DataException("Could not load " + path + ": Could not open or find file " + path, e);
        } catch (IOException | ArithmeticException e) {
            throw new DataException("Could not load " + path + ": " + e, e);
        }
        try {
            decode(bytes.flip(), mode);
        } catch (DataException e) {
            throw new DataException("Could not load " + path + ": " + e.getMessage(), e);
        }
    }

    /** From now on the decoder holds no image. */
    private void prepare() {
        Images.requireOpenCv();
        image = null;
        if (decoded == null) {
            decoded = new Mat();
            resized = new Mat();
        }
    }

    /** The decoder's own memory for the bytes of a file. */
    private ByteBuffer room(int length) {
        if (file.capacity() < length) {
            file = ByteBuffer.allocateDirect(Math.max(length, (int) Math.min(Integer.MAX_VALUE, 2L * file.capacity())));
        }
        return file.clear().limit(length);
    }

    /** Takes the pixels of an image, a copy. */
    void load(Image from) {
        prepare();
        decoded.create(from.height(), from.width(), opencv_core.CV_8UC(from.channels()));
        image = decoded;
        pixelMemory().put(from.pixels());
    }

    /** Resizes the image by bilinear interpolation without smoothing (OpenCV's INTER_LINEAR). */
    public void resize(int height, int width) {
        if (height <= 0 || width <= 0) {
            throw new IllegalArgumentException("cannot resize to height " + height + ", width " + width);
        }
        if (height() == height && width() == width) {
            return;
        }
        try (Size size = new Size(width, height)) {
            opencv_imgproc.resize(current(), resized, size, 0, 0, opencv_imgproc.INTER_LINEAR);
        } catch (RuntimeException e) {
            throw new DataException("Could not resize an image of height " + height() + ", width " + width() + " to height " + height
                + ", width " + width + ": " + e.getMessage(), e);
        }
        image = resized;
    }

    public int height() {
        return current().rows();
    }

    public int width() {
        return current().cols();
    }

    public int channels() {
        return current().channels();
    }

    /** The pixels where they lie, index ((y · width) + x) · channels + c, to read; they change with the next image. */
    public ByteBuffer pixels() {
        return pixelMemory().asReadOnlyBuffer();
    }

    private ByteBuffer pixelMemory() {
        Mat mat = current();
        if (!mat.isContinuous()) {
            throw new IllegalStateException("OpenCV gave an image whose rows do not follow one another");
        }
        try (BytePointer data = mat.data()) {
            return data.capacity(Math.multiplyExact(mat.total(), mat.elemSize())).asByteBuffer();
        }
    }

    /** The image as an object of its own. */
    public Image toImage() {
        ByteBuffer from = pixels();
        byte[] pixels = new byte[from.remaining()];
        from.get(pixels);
        return new Image(height(), width(), channels(), pixels);
    }

    private Mat current() {
        if (image == null) {
            throw new IllegalStateException("the decoder holds no image");
        }
        return image;
    }

    @Override
    public void close() {
        image = null;
        if (decoded != null) {
            decoded.close();
            resized.close();
            decoded = null;
        }
    }
}
