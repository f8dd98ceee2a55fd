package org.caffe4j.io;

import io.jhdf.HdfFile;
import io.jhdf.Superblock;
import io.jhdf.WritableGroupImpl;
import io.jhdf.WritableHdfFile;
import io.jhdf.api.Dataset;
import io.jhdf.api.WritableGroup;
import io.jhdf.api.dataset.ContiguousDataset;
import io.jhdf.exceptions.HdfException;
import io.jhdf.storage.HdfFileChannel;
import java.io.IOException;
import java.lang.reflect.Array;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.FloatBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.caffe4j.CaffeException;

/**
 * Collects groups and datasets and writes them as one HDF5 file, whole or not at all.
 *
 * <p>jhdf wants every dataset as a nested Java array, all of them alive until the file is closed. So it is given arrays of zeros whose
 * rows are one and the same, which take next to no heap, and the values are then written over the zeros straight from their buffers.
 */
public final class Hdf5Writer {
    private static final int CHUNK = 1 << 20;

    private record Floats(long[] shape, FloatBuffer values) {
    }

    /** By path: null for a group, else Floats, a String, an int[], an int[][] or a String[]. */
    private final Map<String, Object> nodes = new LinkedHashMap<>();

    /** Adds a group, and those it lies in. @throws CaffeException if the path is taken by a dataset or has an impossible name */
    public Hdf5Writer group(String path) {
        int slash = path.lastIndexOf('/');
        String name = path.substring(slash + 1);
        if (name.isEmpty() || name.equals(".")) {
            throw new CaffeException("\"" + path + "\" cannot be stored in HDF5: a name between slashes must not be empty or \".\"");
        }
        if (slash > 0) {
            group(path.substring(0, slash));
        }
        if (nodes.containsKey(path) && nodes.get(path) != null) {
            throw new CaffeException("\"" + path + "\" cannot be stored in HDF5 both as a group and as a dataset; rename a layer");
        }
        nodes.put(path, null);
        return this;
    }

    /** Adds a dataset of floats, read from the buffer's position to its limit when the file is written. */
    public Hdf5Writer floats(String path, long[] shape, FloatBuffer values) {
        if (Arrays.stream(shape).reduce(1, Math::multiplyExact) != values.remaining()) {
            throw new IllegalArgumentException(values.remaining() + " values for shape " + Arrays.toString(shape));
        }
        if (!values.hasRemaining()) {
            throw new CaffeException("\"" + path + "\" of shape " + Arrays.toString(shape) + " cannot be stored in HDF5: it has no values");
        }
        return dataset(path, new Floats(shape.clone(), values));
    }

    /** Adds a dataset of one axis with a single integer, as Caffe stores numbers. */
    public Hdf5Writer integer(String path, int value) {
        return dataset(path, new int[] {value});
    }

    /** Adds a dataset of two axes of integers. */
    public Hdf5Writer integers(String path, int[][] values) {
        return dataset(path, values);
    }

    /** Adds a dataset of one axis of strings. */
    public Hdf5Writer strings(String path, List<String> values) {
        return dataset(path, values.toArray(String[]::new));
    }

    /** Adds a scalar dataset with a string. */
    public Hdf5Writer string(String path, String value) {
        return dataset(path, value);
    }

    private Hdf5Writer dataset(String path, Object value) {
        int slash = path.lastIndexOf('/');
        if (slash > 0) {
            group(path.substring(0, slash));
        }
        if (nodes.containsKey(path)) {
            throw new CaffeException("\"" + path + "\" cannot be stored in HDF5 twice; two layers have names that lead there");
        }
        nodes.put(path, value);
        return this;
    }

    /** Writes the file. @throws CaffeException if it cannot be written */
    public void write(Path file) {
        stage(file).commit();
    }

    /** As {@link #write}; the file appears when the caller commits it. */
    public AtomicFile stage(Path file) {
        return AtomicFile.stage(file, temporary -> {
            try {
                writeStructure(temporary);
                writeValues(temporary);
            } catch (HdfException e) {
                throw new CaffeException("Cannot write " + file + ": " + e.getMessage(), e);
            }
        });
    }

    /**
     * Writes everything but the values of floats. jhdf's own WritableHdfFile would do, but it ends with a note behind the last dataset, over
     * the header of a group that stands there.
     */
    private void writeStructure(Path file) throws IOException {
        Map<String, WritableGroup> groups = new LinkedHashMap<>();
        WritableGroup root = new WritableGroupImpl(null, "/");
        nodes.forEach((path, value) -> {
            int slash = path.lastIndexOf('/');
            WritableGroup parent = slash < 0 ? root : groups.get(path.substring(0, slash));
            String name = path.substring(slash + 1);
            if (value == null) {
                groups.put(path, parent.putGroup(name));
            } else {
                parent.putDataset(name, value instanceof Floats floats ? zeros(floats.shape()) : value);
            }
        });
        Superblock.SuperblockV2V3 superblock = new Superblock.SuperblockV2V3();
        try (FileChannel channel = FileChannel.open(file, StandardOpenOption.READ, StandardOpenOption.WRITE, StandardOpenOption.CREATE)) {
            HdfFileChannel hdf = new HdfFileChannel(channel, superblock);
            root.write(hdf, WritableHdfFile.ROOT_GROUP_ADDRESS);
            hdf.write(superblock.toBuffer(channel.size()), 0);
        }
    }

    private static Object zeros(long[] shape) {
        if (shape.length == 0) {
            return 0f;
        }
        Object rows = new float[Math.toIntExact(shape[shape.length - 1])];
        for (int axis = shape.length - 2; axis >= 0; axis--) {
            Object[] outer = (Object[]) Array.newInstance(rows.getClass(), Math.toIntExact(shape[axis]));
            Arrays.fill(outer, rows);
            rows = outer;
        }
        return rows;
    }

    private void writeValues(Path file) throws IOException {
        Map<String, Long> addresses = new LinkedHashMap<>();
        ByteOrder order = ByteOrder.LITTLE_ENDIAN;
        try (HdfFile hdf = new HdfFile(file)) {
            for (Map.Entry<String, Object> node : nodes.entrySet()) {
                if (node.getValue() instanceof Floats) {
                    Dataset dataset = hdf.getDatasetByPath(node.getKey());
                    ContiguousDataset contiguous = (ContiguousDataset) dataset;
                    addresses.put(node.getKey(), contiguous.getDataAddress() + hdf.getUserBlockSize());
                    order = contiguous.getBuffer().order();
                }
            }
        }
        ByteBuffer chunk = ByteBuffer.allocateDirect(CHUNK).order(order);
        try (FileChannel channel = FileChannel.open(file, StandardOpenOption.WRITE)) {
            for (Map.Entry<String, Long> address : addresses.entrySet()) {
                BlobWriter.write(channel, address.getValue(), ((Floats) nodes.get(address.getKey())).values(), chunk);
            }
        }
    }
}
