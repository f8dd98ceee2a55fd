package org.caffe4j.io;

import java.nio.FloatBuffer;
import java.util.Arrays;
import java.util.List;
import org.caffe4j.ModelFormatException;
import org.caffe4j.proto.BlobProto;
import org.caffe4j.proto.BlobShape;

/** Between {@link BlobProto} messages in memory and shapes and values, by Caffe's rules for legacy shapes and double values. */
public final class BlobProtos {
    private BlobProtos() {
    }

    /** Whether the message gives its shape as num, channels, height, width: true if any of the four is set. */
    public static boolean legacyShape(BlobProto blob) {
        return blob.hasNum() || blob.hasChannels() || blob.hasHeight() || blob.hasWidth();
    }

    /** The shape: the four legacy fields if any is set, else {@code shape.dim}. */
    public static long[] shape(BlobProto blob) {
        if (legacyShape(blob)) {
            return new long[] {blob.getNum(), blob.getChannels(), blob.getHeight(), blob.getWidth()};
        }
        return blob.getShape().getDimList().stream().mapToLong(Long::longValue).toArray();
    }

    /** The blob as a view of the message. @throws ModelFormatException if shape and values disagree; {@code where} starts the message */
    public static WeightBlob view(BlobProto blob, String where) {
        return new MessageBlob(blob, where);
    }

    /** The values in a new array. @throws ModelFormatException if shape and values disagree; {@code where} starts the message */
    public static float[] values(BlobProto blob, String where) {
        return view(blob, where).toArray();
    }

    /** A message with {@code shape.dim} and float values, as Caffe writes it; {@code diff} may be null. */
    public static BlobProto of(long[] shape, FloatBuffer data, FloatBuffer diff) {
        BlobProto.Builder blob = BlobProto.newBuilder();
        BlobShape.Builder dims = BlobShape.newBuilder();
        for (long dim : shape) {
            dims.addDim(dim);
        }
        if (shape.length > 0) {
            blob.setShape(dims);
        }
        blob.addAllData(floats(data));
        if (diff != null) {
            blob.addAllDiff(floats(diff));
        }
        return blob.build();
    }

    private static List<Float> floats(FloatBuffer values) {
        FloatBuffer view = values.duplicate();
        Float[] boxed = new Float[view.remaining()];
        for (int i = 0; i < boxed.length; i++) {
            boxed[i] = view.get();
        }
        return List.of(boxed);
    }

    /** The product of a shape. @throws ModelFormatException if an axis is negative or the product overflows */
    static long count(long[] shape, String where) {
        long count = 1;
        for (long dim : shape) {
            if (dim < 0 || (count > 0 && dim > Long.MAX_VALUE / count)) {
                throw new ModelFormatException(where + ": impossible shape " + Arrays.toString(shape));
            }
            count *= dim;
        }
        return count;
    }

    /** @throws ModelFormatException if a blob's file holds another number of values than its shape says */
    static void checkCount(long[] shape, long found, String what, String where) {
        long expected = count(shape, where);
        if (found != expected) {
            throw new ModelFormatException(where + ": shape " + Arrays.toString(shape) + " needs " + expected + " values, but "
                    + found + " " + what + " are stored; the file is damaged or keeps its values in another program's format");
        }
    }

    private record MessageBlob(BlobProto blob, String where) implements WeightBlob {
        MessageBlob {
            checkCount(BlobProtos.shape(blob), Math.max(blob.getDoubleDataCount(), blob.getDataCount()), "values", where);
        }

        @Override
        public long[] shape() {
            return BlobProtos.shape(blob);
        }

        @Override
        public boolean legacyShape() {
            return BlobProtos.legacyShape(blob);
        }

        @Override
        public boolean hasDiff() {
            return blob.getDiffCount() > 0 || blob.getDoubleDiffCount() > 0;
        }

        @Override
        public void copyTo(FloatBuffer target) {
            copy(blob.getDataList(), blob.getDoubleDataList(), target);
        }

        @Override
        public void copyDiffTo(FloatBuffer target) {
            if (!hasDiff()) {
                throw new IllegalStateException(where + ": no gradients are stored");
            }
            copy(blob.getDiffList(), blob.getDoubleDiffList(), target);
        }

        private static void copy(List<Float> floats, List<Double> doubles, FloatBuffer target) {
            if (!doubles.isEmpty()) {
                doubles.forEach(value -> target.put(value.floatValue()));
            } else {
                floats.forEach(target::put);
            }
        }
    }
}
