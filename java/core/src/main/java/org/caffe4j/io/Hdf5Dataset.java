package org.caffe4j.io;

import io.jhdf.HdfFile;
import io.jhdf.api.Dataset;
import io.jhdf.exceptions.HdfException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.caffe4j.Blob;
import org.caffe4j.DataException;

/**
 * A dataset of an HDF5 file as single-precision floats, row-major; the arrays are not copied.
 *
 * @param shape its dimensions; empty for a scalar
 * @param values as many as the dimensions say
 */
public record Hdf5Dataset(long[] shape, float[] values) {

    /** Values in one index of the first axis. */
    public int rowLength() {
        return shape.length == 0 || shape[0] == 0 ? values.length : (int) (values.length / shape[0]);
    }

    /**
     * Reads whole datasets of any integer or floating-point type.
     *
     * @param names paths within the file
     * @throws DataException if the file is no HDF5 file, a dataset is missing, has another type or more than 2³¹−1 values
     */
    public static List<Hdf5Dataset> read(Path file, List<String> names) {
        if (!Files.isRegularFile(file)) {
            throw new DataException("Failed opening HDF5 file: " + file + ": no such file");
        }
        List<Hdf5Dataset> datasets = new ArrayList<>();
        try (HdfFile hdf = new HdfFile(file)) {
            for (String name : names) {
                datasets.add(read(hdf, file, name));
            }
        } catch (DataException e) {
            throw e;
        } catch (RuntimeException e) {
            throw new DataException("Failed opening HDF5 file: " + file + ": " + e.getMessage(), e);
        }
        return datasets;
    }

    private static Hdf5Dataset read(HdfFile hdf, Path file, String name) {
        String where = "HDF5 dataset '" + name + "' of " + file;
        Dataset dataset;
        try {
            dataset = hdf.getDatasetByPath(name);
        } catch (HdfException e) {
            throw new DataException("Failed to find " + where + "; the file has " + hdf.getChildren().keySet(), e);
        }
        if (dataset.getSize() > Integer.MAX_VALUE) {
            throw new DataException(where + " has " + dataset.getSize() + " values; at most 2147483647 fit one dataset, split the file");
        }
        long[] shape = dataset.isScalar() ? new long[0] : dataset.getDimensionsAsLong();
        if (dataset.getSize() == 0) {
            return new Hdf5Dataset(shape, new float[0]);
        }
        float[] values = floats(dataset.isScalar() ? dataset.getData() : dataset.getDataFlat());
        if (values == null) {
            throw new DataException(where + " has type " + dataset.getJavaType().getSimpleName() + "; integers and floats can be read");
        }
        if (values.length != dataset.getSize()) {
            throw new DataException(where + " of shape " + Blob.shapeString(shape) + " holds only " + values.length + " values");
        }
        return new Hdf5Dataset(shape, values);
    }

    /** Null for a type that has no float values. */
    private static float[] floats(Object data) {
        if (data instanceof float[] values) {
            return values;
        }
        if (data instanceof Number number) {
            return new float[] {number.floatValue()};
        }
        float[] values;
        if (data instanceof double[] from) {
            values = new float[from.length];
            for (int i = 0; i < from.length; i++) {
                values[i] = (float) from[i];
            }
        } else if (data instanceof int[] from) {
            values = new float[from.length];
            for (int i = 0; i < from.length; i++) {
                values[i] = from[i];
            }
        } else if (data instanceof long[] from) {
            values = new float[from.length];
            for (int i = 0; i < from.length; i++) {
                values[i] = from[i];
            }
        } else if (data instanceof short[] from) {
            values = new float[from.length];
            for (int i = 0; i < from.length; i++) {
                values[i] = from[i];
            }
        } else if (data instanceof byte[] from) {
            values = new float[from.length];
            for (int i = 0; i < from.length; i++) {
                values[i] = from[i];
            }
        } else if (data instanceof Number[] from) {
            values = new float[from.length];
            for (int i = 0; i < from.length; i++) {
                values[i] = from[i].floatValue();
            }
        } else {
            return null;
        }
        return values;
    }
}
