package org.caffe4j.io;

import com.google.protobuf.CodedOutputStream;
import com.google.protobuf.WireFormat;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.FloatBuffer;
import java.nio.channels.Channels;
import java.nio.channels.FileChannel;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.Arrays;
import org.caffe4j.CaffeException;

/** Writes blobs in the wire format straight from their buffers, so that no message is built in memory. */
final class BlobWriter implements AutoCloseable {
    private static final int CHUNK = 1 << 20;
    private static final int DATA = 5;
    private static final int DIFF = 6;
    private static final int SHAPE = 7;

    private final FileChannel channel;
    private final CodedOutputStream out;
    private final ByteBuffer chunk = ByteBuffer.allocateDirect(CHUNK).order(ByteOrder.LITTLE_ENDIAN);

    BlobWriter(Path file) throws IOException {
        channel = FileChannel.open(file, StandardOpenOption.WRITE, StandardOpenOption.CREATE, StandardOpenOption.TRUNCATE_EXISTING);
        out = CodedOutputStream.newInstance(Channels.newOutputStream(channel));
    }

    /** Protobuf's limit. @throws CaffeException if a file would be larger */
    static void checkSize(Path file, long size) {
        if (size > Integer.MAX_VALUE) {
            throw new CaffeException("Cannot write " + file + ": it would have " + size + " bytes, and a protobuf message ends at "
                    + Integer.MAX_VALUE + "; use snapshot_format: HDF5 (a name that ends in .h5)");
        }
    }

    /** The stream for everything but blobs. */
    CodedOutputStream out() {
        return out;
    }

    /** Bytes of a field that holds a message of the given size. */
    static long nestedSize(int field, long size) {
        return CodedOutputStream.computeTagSize(field) + CodedOutputStream.computeUInt64SizeNoTag(size) + size;
    }

    void nestedHeader(int field, long size) throws IOException {
        out.writeTag(field, WireFormat.WIRETYPE_LENGTH_DELIMITED);
        out.writeUInt64NoTag(size);
    }

    /** Bytes of a blob's message, without its own tag and length. */
    static long size(BlobValues blob) {
        long shape = shapeSize(blob.shape());
        return arraySize(DATA, blob.data()) + (blob.diff() == null ? 0 : arraySize(DIFF, blob.diff()))
                + (blob.shape().length == 0 ? 0 : nestedSize(SHAPE, shape));
    }

    private static long arraySize(int field, FloatBuffer values) {
        return values.hasRemaining() ? nestedSize(field, (long) values.remaining() * Float.BYTES) : 0;
    }

    private static long dimsSize(long[] shape) {
        return Arrays.stream(shape).map(CodedOutputStream::computeInt64SizeNoTag).sum();
    }

    private static long shapeSize(long[] shape) {
        return nestedSize(1, dimsSize(shape));
    }

    /** Writes a blob as a field of the message that is under way: float values, then gradients, then {@code shape.dim}. */
    void blob(int field, BlobValues blob) throws IOException {
        nestedHeader(field, size(blob));
        array(DATA, blob.data());
        if (blob.diff() != null) {
            array(DIFF, blob.diff());
        }
        if (blob.shape().length > 0) {
            nestedHeader(SHAPE, shapeSize(blob.shape()));
            nestedHeader(1, dimsSize(blob.shape()));
            for (long dim : blob.shape()) {
                out.writeInt64NoTag(dim);
            }
        }
    }

    private void array(int field, FloatBuffer values) throws IOException {
        if (values.hasRemaining()) {
            nestedHeader(field, (long) values.remaining() * Float.BYTES);
            out.flush();
            write(channel, channel.position(), values, chunk);
            channel.position(channel.position() + (long) values.remaining() * Float.BYTES);
        }
    }

    /** Writes floats, in the byte order of the chunk, at a place of a file. */
    static void write(FileChannel channel, long position, FloatBuffer values, ByteBuffer chunk) throws IOException {
        FloatBuffer rest = values.duplicate();
        long at = position;
        while (rest.hasRemaining()) {
            int n = Math.min(rest.remaining(), chunk.capacity() / Float.BYTES);
            chunk.clear().limit(n * Float.BYTES);
            chunk.asFloatBuffer().put(rest.slice(rest.position(), n));
            rest.position(rest.position() + n);
            while (chunk.hasRemaining()) {
                at += channel.write(chunk, at);
            }
        }
    }

    /** Writes out what is buffered and closes the file. */
    @Override
    public void close() throws IOException {
        try (channel) {
            out.flush();
        }
    }
}
