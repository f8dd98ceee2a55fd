package org.caffe4j.io;

import java.io.IOException;
import java.nio.FloatBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import org.caffe4j.ModelFormatException;
import org.caffe4j.proto.BlobProto;

/** Mean images: {@code mean.binaryproto} as compute_image_mean writes it (one blob of legacy shape 1×C×H×W) and {@code .npy}. */
public final class MeanFile {
    private MeanFile() {
    }

    /**
     * Reads a mean of either format, told by its content, with the shape that the file gives.
     *
     * @throws ModelFormatException if the file is missing, damaged or of another kind
     */
    public static FloatArray read(Path file) {
        try {
            FileKind kind = FileKind.of(file);
            if (kind == FileKind.NPY) {
                return Npy.read(file);
            }
            // A blob is told by how Caffe writes it; one of doubles, or by another program, may begin otherwise.
            if (kind != FileKind.BLOB && kind != FileKind.UNKNOWN) {
                throw new ModelFormatException(file + ": expected a mean image (.binaryproto or .npy), but it looks like "
                        + kind.description());
            }
        } catch (IOException e) {
            throw new ModelFormatException("Could not read " + file + ": " + FileKind.describe(file), e);
        }
        BlobProto blob = PrototxtReader.readBinary(file, BlobProto.getDefaultInstance());
        return new FloatArray(BlobProtos.shape(blob), BlobProtos.values(blob, file.toString()));
    }

    /** Writes a mean of C×H×W values as Caffe does, whole or not at all. */
    public static void write(Path file, int channels, int height, int width, FloatBuffer values) {
        if ((long) channels * height * width != values.remaining()) {
            throw new IllegalArgumentException(values.remaining() + " values for a mean of " + channels + "×" + height + "×" + width);
        }
        BlobProto blob = BlobProtos.of(new long[0], values, null).toBuilder().setNum(1).setChannels(channels).setHeight(height)
                .setWidth(width).build();
        AtomicFile.write(file, temporary -> Files.write(temporary, blob.toByteArray()));
    }
}
