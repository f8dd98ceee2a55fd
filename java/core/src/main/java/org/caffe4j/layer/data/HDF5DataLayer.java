package org.caffe4j.layer.data;

import java.io.IOException;
import java.nio.FloatBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import org.caffe4j.Blob;
import org.caffe4j.Context;
import org.caffe4j.DataException;
import org.caffe4j.Phase;
import org.caffe4j.Rank;
import org.caffe4j.data.Shuffle;
import org.caffe4j.io.FloatArray;
import org.caffe4j.io.Hdf5File;
import org.caffe4j.proto.LayerParameter;
import org.caffe4j.proto.LayerState;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Caffe's HDF5Data: batches of rows from HDF5 files (0 bottoms, one top a dataset; the dataset's name is the top's).
 *
 * <p>{@code hdf5_data_param.source} is a text file with the paths of the .h5 files; a relative path is looked up in the working directory,
 * then beside the text file. One file at a time is in memory. A batch runs on into the next file, and after the last file the first
 * follows; of several nets that train together, each takes the rows of its {@link Rank}. With {@code shuffle} the order of files and of
 * the rows within a file is drawn from the context's generator for every pass.
 */
public final class HDF5DataLayer extends SourceLayer {
    private static final Logger LOG = LoggerFactory.getLogger(HDF5DataLayer.class);

    private final List<Path> files = new ArrayList<>();
    private int[] fileOrder;
    private int file;
    private List<FloatArray> datasets;
    private int[] rowOrder;
    private int row;
    private Rank rank;

    public HDF5DataLayer(LayerParameter param, Context context) {
        super(param, context);
    }

    @Override
    public int minTops() {
        return 1;
    }

    @Override
    public void setUp(List<Blob> bottom, List<Blob> top) {
        if (param().hasTransformParam()) {
            throw definitionError(type() + " does not transform data.");
        }
        int batch = param().getHdf5DataParam().getBatchSize();
        if (batch <= 0) {
            throw definitionError("hdf5_data_param.batch_size must be positive, but is " + Integer.toUnsignedString(batch));
        }
        readList(Path.of(param().getHdf5DataParam().getSource()));
        fileOrder = order(files.size());
        file = 0;
        row = 0;
        load();
        rank = phase() == Phase.TEST ? Rank.ALONE : context().rank();
        advance(rank.index());
        for (int i = 0; i < top.size(); i++) {
            long[] shape = datasets.get(i).shape().clone();
            shape[0] = batch;
            top.get(i).reshape(shape);
        }
    }

    private void readList(Path source) {
        LOG.info("Loading list of HDF5 filenames from: {}", source);
        files.clear();
        String text;
        try {
            text = Files.readString(source, StandardCharsets.UTF_8);
        } catch (IOException e) {
            throw new DataException(where() + "Failed to open source file: " + source
                + " (hdf5_data_param.source, a text file of .h5 paths): " + e, e);
        }
        for (String name : text.split("\\s+")) {
            if (!name.isEmpty()) {
                Path path = Path.of(name);
                files.add(Files.exists(path) ? path : source.resolveSibling(path));
            }
        }
        if (files.isEmpty()) {
            throw new DataException(where() + "Must have at least 1 HDF5 filename listed in " + source);
        }
        LOG.info("Number of HDF5 files: {}", files.size());
    }

    private void load() {
        Path path = files.get(fileOrder[file]);
        try (Hdf5File hdf5 = Hdf5File.open(path)) {
            datasets = param().getTopList().stream().map(hdf5::read).toList();
        }
        long rows = -1;
        for (int i = 0; i < datasets.size(); i++) {
            long[] shape = datasets.get(i).shape();
            String name = param().getTop(i);
            if (shape.length == 0 || shape[0] == 0) {
                throw new DataException(where() + "HDF5 dataset '" + name + "' of " + path + " has no rows: its shape is "
                    + Blob.shapeString(shape));
            }
            if (rows >= 0 && shape[0] != rows) {
                throw new DataException(where() + "HDF5 datasets of " + path + " differ in their first dimension: '" + param().getTop(0)
                    + "' has " + rows + " rows, '" + name + "' has " + shape[0]);
            }
            rows = shape[0];
        }
        rowOrder = order((int) rows);
        LOG.debug("Successfully loaded {} rows from {}", rows, path);
    }

    @Override
    public void forward(List<Blob> bottom, List<Blob> top) {
        int batch = (int) top.get(0).shape(0);
        List<FloatBuffer> out = new ArrayList<>();
        for (Blob blob : top) {
            out.add(blob.data().overwrite());
        }
        for (int item = 0; item < batch; item++) {
            for (int i = 0; i < out.size(); i++) {
                FloatArray dataset = datasets.get(i);
                int rowLength = dataset.rowLength();
                if (rowLength != top.get(i).count(1)) {
                    throw new DataException(where() + "HDF5 dataset '" + param().getTop(i) + "' of " + files.get(fileOrder[file])
                        + " has rows of " + rowLength + " values, but those of the first file have " + top.get(i).count(1));
                }
                out.get(i).put(dataset.values(), rowOrder[row] * rowLength, rowLength);
            }
            advance(rank.count());
        }
    }

    private void advance(int rows) {
        for (int i = 0; i < rows; i++) {
            advance();
        }
    }

    private void advance() {
        row++;
        if (row < rowOrder.length) {
            return;
        }
        row = 0;
        if (files.size() > 1) {
            file++;
            if (file == files.size()) {
                file = 0;
                LOG.debug("Looping around to first file.");
                fileOrder = order(files.size());
            }
            load();
        } else {
            rowOrder = order(rowOrder.length);
        }
    }

    @Override
    public LayerState saveState() {
        return LayerState.newBuilder().addOrder(Shuffle.toState(fileOrder)).addOrder(Shuffle.toState(rowOrder)).addPosition(file)
            .addPosition(row).build();
    }

    @Override
    public void restoreState(LayerState state) {
        fileOrder = Shuffle.of(state.getOrder(0), files.size());
        file = Objects.checkIndex((int) state.getPosition(0), files.size());
        load();
        rowOrder = Shuffle.of(state.getOrder(1), rowOrder.length);
        row = Objects.checkIndex((int) state.getPosition(1), rowOrder.length);
    }

    /** 0…n−1, shuffled if the layer is to shuffle. */
    private int[] order(int n) {
        int[] order = Shuffle.identity(n);
        return param().getHdf5DataParam().getShuffle() ? Shuffle.shuffled(order, context().rng()) : order;
    }
}
