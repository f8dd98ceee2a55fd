package org.caffe4j.layer.data;

import java.nio.file.Path;
import java.util.List;
import org.caffe4j.Blob;
import org.caffe4j.Context;
import org.caffe4j.DataException;
import org.caffe4j.ShapeException;
import org.caffe4j.io.Hdf5Writer;
import org.caffe4j.layer.Layer;
import org.caffe4j.proto.LayerParameter;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Caffe's HDF5Output: writes its bottoms to {@code hdf5_output_param.file_name} as the datasets "data" and "label", each of four axes
 * N×C×H×W (2 bottoms with the same N; 0 tops; no gradient).
 *
 * <p>The first forward writes the file, whole or not at all, over an earlier one. As in Caffe the file holds that one batch only: every
 * further forward throws, and the file stays as it is.
 */
public final class HDF5OutputLayer extends Layer {
    private static final Logger LOG = LoggerFactory.getLogger(HDF5OutputLayer.class);

    private boolean written;

    public HDF5OutputLayer(LayerParameter param, Context context) {
        super(param, context);
    }

    @Override
    public int exactBottoms() {
        return 2;
    }

    @Override
    public int exactTops() {
        return 0;
    }

    @Override
    public void setUp(List<Blob> bottom, List<Blob> top) {
        if (param().getHdf5OutputParam().getFileName().isEmpty()) {
            throw definitionError("hdf5_output_param.file_name must be set");
        }
    }

    @Override
    public void reshape(List<Blob> bottom, List<Blob> top) {
        for (Blob blob : bottom) {
            if (blob.numAxes() > 4) {
                throw new ShapeException(where() + "blobs of at most 4 axes can be written, but a bottom has shape " + blob.shapeString());
            }
        }
        if (bottom.get(0).legacyShape(0) != bottom.get(1).legacyShape(0)) {
            throw new ShapeException(where() + "data and label must have the same first dimension, but have the shapes "
                + bottom.get(0).shapeString() + " and " + bottom.get(1).shapeString());
        }
    }

    @Override
    public void forward(List<Blob> bottom, List<Blob> top) {
        String file = param().getHdf5OutputParam().getFileName();
        if (written) {
            throw new DataException(where() + "dataset \"data\" exists already in " + file + ": an HDF5Output layer writes one batch, that of "
                + "the first forward. Make the batch as large as the data, or a new net for every file");
        }
        LOG.info("Saving HDF5 file {}", file);
        Hdf5Writer writer = new Hdf5Writer();
        String[] names = {"data", "label"};
        for (int i = 0; i < names.length; i++) {
            Blob blob = bottom.get(i);
            long[] shape = {blob.legacyShape(0), blob.legacyShape(1), blob.legacyShape(2), blob.legacyShape(3)};
            writer.floats(names[i], shape, blob.data().read());
        }
        writer.write(Path.of(file));
        written = true;
        LOG.info("Successfully saved {} rows", bottom.get(0).legacyShape(0));
    }

    /** Nothing: the bottoms' gradients stay 0. */
    @Override
    public void backward(List<Blob> top, boolean[] propagateDown, List<Blob> bottom) {
    }
}
