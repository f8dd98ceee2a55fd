package org.caffe4j.io;

import java.nio.FloatBuffer;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.TreeMap;
import org.caffe4j.DataException;
import org.caffe4j.ModelFormatException;

/**
 * Reads a {@code .caffemodel.h5}: groups {@code /data/<layer>/} with a dataset for each param, numbered from 0, and with gradients in
 * {@code /diff}. A layer name with "/" lies in nested groups, so a group is a layer if it holds datasets or holds nothing.
 */
final class Hdf5Weights {
    private static final String DATA = "data";
    private static final String DIFF = "diff";
    private static final int MAX_NESTING = 64;

    private Hdf5Weights() {
    }

    static Weights read(Path path) {
        Hdf5File file;
        try {
            file = Hdf5File.open(path);
        } catch (DataException e) {
            throw new ModelFormatException(e.getMessage(), e);
        }
        try {
            if (!file.contains(DATA) || file.isDataset(DATA)) {
                throw new ModelFormatException(path + " is no .caffemodel.h5: it has no group \"data\" but " + file.children("/")
                        + (file.contains("history") ? "; it is a solver state" : ""));
            }
            List<Weights.Layer> layers = new ArrayList<>();
            for (String layer : file.children(DATA)) {
                collect(file, layer, layers);
            }
            return new Weights(path.toString(), "", true, layers, file);
        } catch (DataException e) {
            file.close();
            throw new ModelFormatException(e.getMessage(), e);
        } catch (RuntimeException e) {
            file.close();
            throw e;
        }
    }

    private static void collect(Hdf5File file, String name, List<Weights.Layer> layers) {
        if (name.chars().filter(c -> c == '/').count() == MAX_NESTING) {
            throw new ModelFormatException(file.path() + ": groups nested deeper than " + MAX_NESTING + " at \"data/" + name
                    + "\"; the file is damaged");
        }
        TreeMap<Integer, WeightBlob> params = new TreeMap<>();
        boolean hasGroups = false;
        for (String child : file.children(DATA + "/" + name)) {
            if (file.isDataset(DATA + "/" + name + "/" + child)) {
                params.put(index(file, name, child), new Hdf5Blob(file, DATA + "/" + name + "/" + child, DIFF + "/" + name + "/" + child));
            } else {
                hasGroups = true;
                collect(file, name + "/" + child, layers);
            }
        }
        if (!params.isEmpty() || !hasGroups) {
            List<WeightBlob> blobs = new ArrayList<>();
            for (int i = 0; !params.isEmpty() && i <= params.lastKey(); i++) {
                blobs.add(params.getOrDefault(i, Gap.INSTANCE));
            }
            layers.add(new Weights.Layer(name, "", List.copyOf(blobs)));
        }
    }

    private static int index(Hdf5File file, String layer, String dataset) {
        if (!dataset.matches("0|[1-9][0-9]{0,2}")) {
            throw new ModelFormatException(file.path() + ", layer '" + layer + "': dataset \"" + dataset + "\" is no param number");
        }
        return Integer.parseInt(dataset);
    }

    /** A dataset, read when it is copied. */
    static final class Hdf5Blob implements WeightBlob {
        private final Hdf5File file;
        private final String data;
        private final String diff;
        private final long[] shape;

        Hdf5Blob(Hdf5File file, String data, String diff) {
            this.file = file;
            this.data = data;
            this.diff = file.contains(diff) ? diff : null;
            shape = file.shape(data);
            BlobProtos.count(shape, file.path() + ", " + data);
        }

        @Override
        public long[] shape() {
            return shape.clone();
        }

        @Override
        public boolean legacyShape() {
            return false;
        }

        @Override
        public boolean hasDiff() {
            return diff != null;
        }

        @Override
        public void copyTo(FloatBuffer target) {
            copy(data, target);
        }

        @Override
        public void copyDiffTo(FloatBuffer target) {
            if (diff == null) {
                throw new IllegalStateException(file.path() + ", " + data + ": no gradients are stored");
            }
            BlobProtos.checkCount(shape, BlobProtos.count(file.shape(diff), diff), "gradients", file.path() + ", " + diff);
            copy(diff, target);
        }

        private void copy(String dataset, FloatBuffer target) {
            synchronized (file) {
                try {
                    file.readAll(dataset, target);
                } catch (DataException e) {
                    throw new ModelFormatException(e.getMessage(), e);
                }
            }
        }
    }

    private enum Gap implements WeightBlob {
        INSTANCE;

        @Override
        public long[] shape() {
            return new long[0];
        }

        @Override
        public boolean legacyShape() {
            return false;
        }

        @Override
        public boolean stored() {
            return false;
        }

        @Override
        public boolean hasDiff() {
            return false;
        }

        @Override
        public boolean fits(long... target) {
            return false;
        }

        @Override
        public void copyTo(FloatBuffer target) {
            throw new IllegalStateException("This param is not stored: the layer shares it with an earlier one");
        }

        @Override
        public void copyDiffTo(FloatBuffer target) {
            copyTo(target);
        }
    }
}
