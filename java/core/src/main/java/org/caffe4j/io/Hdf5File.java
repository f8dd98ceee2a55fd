package org.caffe4j.io;

import io.jhdf.HdfFile;
import io.jhdf.api.Dataset;
import io.jhdf.api.Group;
import io.jhdf.api.Node;
import io.jhdf.api.dataset.ChunkedDataset;
import io.jhdf.api.dataset.ContiguousDataset;
import java.lang.reflect.Array;
import java.nio.BufferOverflowException;
import java.nio.ByteBuffer;
import java.nio.DoubleBuffer;
import java.nio.FloatBuffer;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.function.Supplier;
import org.caffe4j.DataException;

/**
 * Reads datasets of an HDF5 file as floats, whole or by rows (ranges of the first axis). Any integer or floating-point type of either
 * byte order converts; gzip and the other filters that jhdf knows are undone. A dataset is named by its path, {@code "data"} or
 * {@code "/data/conv1/0"}. One thread at a time.
 */
public final class Hdf5File implements AutoCloseable {
    private static final long PIECE = 1 << 22;

    private final Path path;
    private final HdfFile file;

    private Hdf5File(Path path, HdfFile file) {
        this.path = path;
        this.file = file;
    }

    /** Opens a file. @throws DataException if it is missing or no readable HDF5 file */
    public static Hdf5File open(Path path) {
        try {
            return new Hdf5File(path, new HdfFile(path));
        } catch (RuntimeException | StackOverflowError | OutOfMemoryError e) {
            throw new DataException("Failed opening HDF5 file: " + path + ": " + FileKind.describe(path) + " (" + e.getMessage() + ")", e);
        }
    }

    /** The file's path. */
    public Path path() {
        return path;
    }

    /** Whether there is a dataset or group of this path. */
    public boolean contains(String name) {
        return guarded(name, () -> find(name)) != null;
    }

    /** Whether the path names a dataset. */
    public boolean isDataset(String name) {
        return guarded(name, () -> find(name)) instanceof Dataset;
    }

    /** Names of what a group holds, in the file's order; "/" is the file itself. @throws DataException if there is no such group */
    public List<String> children(String group) {
        return guarded(group, () -> {
            if (!(find(group) instanceof Group found)) {
                throw new DataException(path + ": no group \"" + group + "\"");
            }
            return List.copyOf(found.getChildren().keySet());
        });
    }

    /** A dataset's shape; a scalar has no axes. @throws DataException if there is no such dataset */
    public long[] shape(String name) {
        return guarded(name, () -> {
            Dataset dataset = dataset(name);
            long[] shape = dataset.isScalar() ? new long[0] : dataset.getDimensionsAsLong().clone();
            checkStorage(dataset, name, BlobProtos.count(shape, path + ", dataset \"" + name + "\""));
            return shape;
        });
    }

    /** A plain array has as many bytes as its shape needs. */
    private void checkStorage(Dataset dataset, String name, long count) {
        long stored = dataset.getStorageInBytes();
        int width = dataset.getDataType().getSize();
        if (dataset instanceof ContiguousDataset && (stored % width != 0 || stored / width != count)) {
            throw new DataException(path + ": dataset \"" + name + "\" of shape " + Arrays.toString(dataset.getDimensionsAsLong()) + " has "
                    + stored + " bytes; the file is damaged");
        }
    }

    /** A dataset of a single string. @throws DataException if it is none */
    public String readString(String name) {
        Object value = guarded(name, () -> dataset(name).getData());
        if (value instanceof Object[] array && array.length == 1) {
            value = array[0];
        }
        if (value instanceof String text) {
            int end = text.indexOf('\0');
            return end < 0 ? text : text.substring(0, end);
        }
        throw new DataException(path + ": dataset \"" + name + "\" is not a string");
    }

    /** A dataset of a single integer. @throws DataException if it is none */
    public int readInt(String name) {
        Object value = guarded(name, () -> dataset(name).getData());
        if (value != null && value.getClass().isArray() && Array.getLength(value) == 1) {
            value = Array.get(value, 0);
        }
        if (value instanceof Number number && number.doubleValue() == number.intValue()) {
            return number.intValue();
        }
        throw new DataException(path + ": dataset \"" + name + "\" is not a single integer");
    }

    /**
     * All values of a dataset in a new array, row-major.
     *
     * @throws DataException if there is no such dataset, it is not numeric, damaged, or larger than an array
     */
    public FloatArray read(String name) {
        long[] shape = shape(name);
        long count = Arrays.stream(shape).reduce(1, (a, b) -> a * b);
        if (count > Integer.MAX_VALUE - 8) {
            throw new DataException(path + ": dataset \"" + name + "\" has " + count + " values, more than a Java array; read it by rows");
        }
        float[] values = guarded(name, () -> new float[(int) count]);
        readAll(name, FloatBuffer.wrap(values));
        return new FloatArray(shape, values);
    }

    /** Puts all values, row-major, at the target's position, which moves behind them. @throws DataException as {@link #read} */
    public void readAll(String name, FloatBuffer target) {
        long[] shape = shape(name);
        if (shape.length > 0) {
            readRows(name, 0, shape[0], target);
            return;
        }
        Object value = guarded(name, () -> dataset(name).getData());
        guarded(name, () -> {
            flatten(value, name, target);
            return null;
        });
    }

    /**
     * Puts rows {@code first} to {@code first + rows − 1} of the first axis at the target's position, which moves behind them.
     *
     * @throws DataException as {@link #read}
     * @throws IndexOutOfBoundsException if the dataset has no such rows
     */
    public void readRows(String name, long first, long rows, FloatBuffer target) {
        long[] shape = shape(name);
        if (shape.length == 0 || first < 0 || rows < 0 || first > shape[0] - rows) {
            throw new IndexOutOfBoundsException("rows " + first + " to " + (first + rows) + " of dataset \"" + name + "\" with shape "
                    + Arrays.toString(shape));
        }
        long rowSize = 1;
        for (int i = 1; i < shape.length; i++) {
            rowSize *= shape[i];
        }
        if (rows == 0 || rowSize == 0) {
            return;
        }
        if (rows * rowSize > target.remaining()) {
            throw new BufferOverflowException();
        }
        long size = rowSize;
        guarded(name, () -> {
            Dataset dataset = dataset(name);
            if (!readContiguous(dataset, first * size, (int) (rows * size), target)) {
                readPieces(dataset, name, shape, first, rows, size, target);
            }
            return null;
        });
    }

    /** Plain float and double arrays are copied from the mapped file at once. */
    private static boolean readContiguous(Dataset dataset, long first, int count, FloatBuffer target) {
        Class<?> type = dataset.getJavaType();
        int width = dataset.getDataType().getSize();
        boolean floats = type == float.class && width == Float.BYTES;
        boolean doubles = type == double.class && width == Double.BYTES;
        if (!(dataset instanceof ContiguousDataset contiguous) || !(floats || doubles)
                || dataset.getStorageInBytes() < dataset.getSize() * width || dataset.getSize() * width > Integer.MAX_VALUE) {
            return false;
        }
        ByteBuffer bytes = contiguous.getBuffer();
        if (floats) {
            FloatBuffer source = bytes.asFloatBuffer();
            target.put(source.position((int) first).limit((int) first + count));
        } else {
            DoubleBuffer source = bytes.asDoubleBuffer();
            for (int i = 0; i < count; i++) {
                target.put((float) source.get((int) first + i));
            }
        }
        return true;
    }

    /** Everything else goes through jhdf's Java arrays, a limited number of rows (whole chunks) at a time. */
    private void readPieces(Dataset dataset, String name, long[] shape, long first, long rows, long rowSize, FloatBuffer target) {
        long piece = Math.max(1, PIECE / rowSize);
        if (dataset instanceof ChunkedDataset chunked) {
            long chunk = chunked.getChunkDimensions()[0];
            piece = (piece + chunk - 1) / chunk * chunk;
        }
        for (long row = first; row < first + rows; ) {
            long end = Math.min(first + rows, (row / piece + 1) * piece);
            long[] offset = new long[shape.length];
            int[] extent = new int[shape.length];
            for (int i = 0; i < shape.length; i++) {
                extent[i] = Math.toIntExact(shape[i]);
            }
            offset[0] = row;
            extent[0] = (int) (end - row);
            flatten(dataset.getData(offset, extent), name, target);
            row = end;
        }
    }

    private void flatten(Object values, String name, FloatBuffer target) {
        if (values instanceof float[] floats) {
            target.put(floats);
        } else if (values instanceof Number number) {
            target.put(number.floatValue());
        } else if (values != null && values.getClass().isArray()) {
            int length = Array.getLength(values);
            for (int i = 0; i < length; i++) {
                flatten(Array.get(values, i), name, target);
            }
        } else {
            throw new DataException(path + ": dataset \"" + name + "\" holds "
                    + (values == null ? "nothing" : values.getClass().getSimpleName()) + "; expected integers or floating-point numbers");
        }
    }

    private Node find(String name) {
        Node node = file;
        for (String part : name.split("/")) {
            if (!part.isEmpty()) {
                node = node instanceof Group group ? group.getChild(part) : null;
            }
        }
        return node;
    }

    private Dataset dataset(String name) {
        if (find(name) instanceof Dataset dataset) {
            return dataset;
        }
        throw new DataException("Failed to find HDF5 dataset \"" + name + "\" in " + path + "; the file has "
                + file.getChildren().keySet());
    }

    /** jhdf meets a damaged file with exceptions of any kind, and allocates whatever sizes such a file claims. */
    private <T> T guarded(String name, Supplier<T> action) {
        try {
            return action.get();
        } catch (DataException e) {
            throw e;
        } catch (RuntimeException | StackOverflowError | OutOfMemoryError e) {
            throw new DataException(path + ": could not read \"" + name + "\": " + e, e);
        }
    }

    /** Closes the file; idempotent. */
    @Override
    public void close() {
        file.close();
    }
}
