package org.caffe4j.io;

import com.google.protobuf.CodedInputStream;
import com.google.protobuf.InvalidProtocolBufferException;
import com.google.protobuf.WireFormat;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.FloatBuffer;
import java.nio.channels.Channels;
import java.nio.channels.ClosedChannelException;
import java.nio.channels.FileChannel;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.function.Function;
import org.caffe4j.ModelFormatException;

/**
 * An open binary file of Caffe that is walked field by field: the places of the arrays in it are noted and skipped, their values are
 * read from the file when they are copied, so no heap is needed for them. Copying is safe from any thread.
 */
final class BlobFile implements AutoCloseable {
    private static final int CHUNK = 1 << 20;
    private static final int BUFFER = 1 << 14;

    /** Reads the field that the tag announces, or returns false to have it skipped. */
    @FunctionalInterface
    interface Fields {
        boolean read(int field, int wireType) throws IOException;
    }

    private final Path path;
    private final FileChannel channel;
    private final CodedInputStream in;
    private final long size;
    private ByteBuffer chunk;

    BlobFile(Path path) {
        this.path = path;
        try {
            channel = FileChannel.open(path);
        } catch (IOException e) {
            throw new ModelFormatException("Could not read " + path + ": " + FileKind.describe(path), e);
        }
        try {
            size = channel.size();
            if (size > Integer.MAX_VALUE) {
                throw new ModelFormatException(path + ": " + size + " bytes; a protobuf message ends at 2147483647, so this is no file"
                        + " that Caffe wrote; " + FileKind.describe(path));
            }
            in = CodedInputStream.newInstance(Channels.newInputStream(channel), BUFFER);
            in.setSizeLimit(Integer.MAX_VALUE);
            in.pushLimit((int) size);
        } catch (IOException e) {
            close();
            throw new ModelFormatException("Could not read " + path + ": " + e, e);
        } catch (RuntimeException e) {
            close();
            throw e;
        }
    }

    /**
     * What a file holds in one of Caffe's two formats; whether it is HDF5 is told by its signature, not by its name.
     *
     * @param binary reads the fields of the other; what it returns keeps the file, which is closed here if it throws
     */
    static <T> T read(Path path, Function<Path, T> hdf5, Function<BlobFile, T> binary) {
        try {
            if (FileKind.isHdf5(path)) {
                return hdf5.apply(path);
            }
        } catch (IOException e) {
            throw new ModelFormatException("Could not read " + path + ": " + e, e);
        }
        BlobFile file = new BlobFile(path);
        try {
            return binary.apply(file);
        } catch (RuntimeException e) {
            file.close();
            throw e;
        }
    }

    Path path() {
        return path;
    }

    /** Reads the whole file as one message; what {@code fields} does not take is skipped. */
    void readAll(Fields fields) {
        try {
            message(fields);
        } catch (InvalidProtocolBufferException e) {
            throw wrong("is damaged or truncated (" + e.getMessage() + ")");
        } catch (IOException e) {
            throw new ModelFormatException("Could not read " + path + ": " + e, e);
        }
    }

    /** An error with the file, the place reached, and what the file looks like. */
    ModelFormatException wrong(String what) {
        return new ModelFormatException(path + " " + what + " at byte " + in.getTotalBytesRead() + " of " + size + "; "
                + FileKind.describe(path));
    }

    /** Reads a nested message, its length first. */
    void nested(Fields fields) throws IOException {
        int limit = in.pushLimit(in.readRawVarint32());
        message(fields);
        in.popLimit(limit);
    }

    private void message(Fields fields) throws IOException {
        for (int tag = in.readTag(); tag != 0; tag = in.readTag()) {
            int wireType = WireFormat.getTagWireType(tag);
            if (!fields.read(WireFormat.getTagFieldNumber(tag), wireType) && !in.skipField(tag)) {
                throw wrong("is damaged: a group ends that did not begin");
            }
        }
        if (in.getBytesUntilLimit() != 0) {
            throw wrong("is truncated");
        }
    }

    String string() throws IOException {
        return in.readString();
    }

    int varint() throws IOException {
        return in.readRawVarint32();
    }

    /** Reads a nested BlobProto; {@code what} names it in errors. */
    WeightBlob blob(String what) throws IOException {
        FileBlob blob = new FileBlob(path + ", " + what);
        nested(blob::read);
        blob.check();
        return blob;
    }

    @Override
    public void close() {
        try {
            channel.close();
        } catch (IOException e) {
            throw new ModelFormatException("Could not close " + path + ": " + e, e);
        }
    }

    /** A run of values at a fixed distance: packed ones lie side by side, unpacked ones have a tag of one byte before each. */
    private record Run(long offset, long count, int stride, int width) {
        boolean continues(long nextOffset, int nextStride, int nextWidth) {
            return stride == nextStride && width == nextWidth && offset + count * stride == nextOffset;
        }
    }

    private final class FileBlob implements WeightBlob {
        private final String where;
        private final List<Run> data = new ArrayList<>(1);
        private final List<Run> diff = new ArrayList<>(0);
        private final List<Run> doubleData = new ArrayList<>(0);
        private final List<Run> doubleDiff = new ArrayList<>(0);
        private final int[] legacy = new int[4];
        private boolean legacyShape;
        private boolean foreignValues;
        private long[] shape = {};

        FileBlob(String where) {
            this.where = where;
        }

        private boolean read(int field, int wireType) throws IOException {
            if (field >= 1 && field <= 4 && wireType == WireFormat.WIRETYPE_VARINT) {
                legacyShape = true;
                legacy[field - 1] = in.readInt32();
                return true;
            }
            if (field == 12 && wireType == WireFormat.WIRETYPE_LENGTH_DELIMITED) {
                foreignValues = true;
            }
            return switch (field) {
                case 5 -> values(data, Float.BYTES, wireType);
                case 6 -> values(diff, Float.BYTES, wireType);
                case 7 -> wireType == WireFormat.WIRETYPE_LENGTH_DELIMITED && readShape();
                case 8 -> values(doubleData, Double.BYTES, wireType);
                case 9 -> values(doubleDiff, Double.BYTES, wireType);
                default -> false;
            };
        }

        private boolean readShape() throws IOException {
            nested((field, wireType) -> {
                if (field != 1) {
                    return false;
                }
                if (wireType == WireFormat.WIRETYPE_VARINT) {
                    addAxis();
                    return true;
                }
                if (wireType != WireFormat.WIRETYPE_LENGTH_DELIMITED) {
                    return false;
                }
                int limit = in.pushLimit(in.readRawVarint32());
                while (in.getBytesUntilLimit() > 0) {
                    addAxis();
                }
                in.popLimit(limit);
                return true;
            });
            return true;
        }

        private void addAxis() throws IOException {
            if (shape.length == 32) {
                throw wrong("has a blob of more than 32 axes, Caffe's limit,");
            }
            shape = Arrays.copyOf(shape, shape.length + 1);
            shape[shape.length - 1] = in.readInt64();
        }

        private boolean values(List<Run> runs, int width, int wireType) throws IOException {
            if (wireType == WireFormat.WIRETYPE_LENGTH_DELIMITED) {
                int length = in.readRawVarint32();
                if (length % width != 0) {
                    throw wrong("is damaged: an array of " + length + " bytes with values of " + width);
                }
                if (length != 0) {
                    runs.add(new Run(in.getTotalBytesRead(), length / width, width, width));
                }
                in.skipRawBytes(length);
                return true;
            }
            if (wireType != (width == Float.BYTES ? WireFormat.WIRETYPE_FIXED32 : WireFormat.WIRETYPE_FIXED64)) {
                return false;
            }
            long offset = in.getTotalBytesRead();
            int last = runs.size() - 1;
            if (last >= 0 && runs.get(last).continues(offset, width + 1, width)) {
                runs.set(last, new Run(runs.get(last).offset(), runs.get(last).count() + 1, width + 1, width));
            } else {
                runs.add(new Run(offset, 1, width + 1, width));
            }
            in.skipRawBytes(width);
            return true;
        }

        private void check() {
            if (legacyShape) {
                shape = Arrays.stream(legacy).asLongStream().toArray();
            }
            BlobProtos.count(shape, where);
            if (!values().isEmpty()) {
                BlobProtos.checkCount(shape, stored(values()), "values", where);
            }
            if (hasDiff()) {
                BlobProtos.checkCount(shape, stored(gradients()), "gradients", where);
            }
        }

        private List<Run> values() {
            return doubleData.isEmpty() ? data : doubleData;
        }

        private List<Run> gradients() {
            return doubleDiff.isEmpty() ? diff : doubleDiff;
        }

        private static long stored(List<Run> runs) {
            return runs.stream().mapToLong(Run::count).sum();
        }

        @Override
        public long[] shape() {
            return shape.clone();
        }

        @Override
        public boolean legacyShape() {
            return legacyShape;
        }

        @Override
        public boolean hasDiff() {
            return !gradients().isEmpty();
        }

        @Override
        public void copyTo(FloatBuffer target) {
            if (foreignValues && values().isEmpty()) {
                throw new ModelFormatException(where + ": the values are in raw_data, which only NVIDIA's fork of Caffe reads; save the"
                        + " model with store_blobs_in_old_format: true");
            }
            BlobProtos.checkCount(shape, stored(values()), "values", where);
            copy(values(), target);
        }

        @Override
        public void copyDiffTo(FloatBuffer target) {
            if (!hasDiff()) {
                throw new IllegalStateException(where + ": no gradients are stored");
            }
            copy(gradients(), target);
        }

        private void copy(List<Run> runs, FloatBuffer target) {
            try {
                for (Run run : runs) {
                    BlobFile.this.copy(run, target);
                }
            } catch (ClosedChannelException e) {
                throw new IllegalStateException(where + ": the file is closed; copy values before closing what they came from", e);
            } catch (IOException e) {
                throw new ModelFormatException(where + ": could not read the values: " + e, e);
            }
        }
    }

    private synchronized void copy(Run run, FloatBuffer target) throws IOException {
        if (chunk == null) {
            chunk = ByteBuffer.allocateDirect((int) Math.min(CHUNK, Math.max(size, 1))).order(ByteOrder.LITTLE_ENDIAN);
        }
        long fitting = chunk.capacity() / run.stride();
        for (long done = 0; done < run.count(); done += fitting) {
            int values = (int) Math.min(fitting, run.count() - done);
            // The last value of an unpacked run has no tag behind it, so the final stride is not read whole.
            chunk.clear().limit((values - 1) * run.stride() + run.width());
            readFully(run.offset() + done * run.stride());
            if (run.stride() == Float.BYTES) {
                target.put(chunk.asFloatBuffer());
                continue;
            }
            for (int i = 0; i < values; i++) {
                int at = i * run.stride();
                target.put(run.width() == Float.BYTES ? chunk.getFloat(at) : (float) chunk.getDouble(at));
            }
        }
    }

    private void readFully(long offset) throws IOException {
        while (chunk.hasRemaining()) {
            if (channel.read(chunk, offset + chunk.position()) < 0) {
                throw new IOException("the file ends at byte " + (offset + chunk.position()) + ": it was changed while it was open");
            }
        }
        chunk.flip();
    }
}
