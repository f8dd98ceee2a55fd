package org.caffe4j.layer.data;

import java.nio.FloatBuffer;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import org.caffe4j.Blob;
import org.caffe4j.Context;
import org.caffe4j.DataException;
import org.caffe4j.ShapeException;
import org.caffe4j.data.DataTransformer;
import org.caffe4j.data.Database;
import org.caffe4j.data.DatumReader;
import org.caffe4j.data.Prefetcher;
import org.caffe4j.proto.DataParameter;
import org.caffe4j.proto.Datum;
import org.caffe4j.proto.LayerParameter;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Caffe's Data: batches of datums from a database (0 bottoms; tops data N×C×H×W and, if there is a second, label N).
 *
 * <p>Records come in the order of their keys and start over after the last. A thread reads and transforms {@code data_param.prefetch}
 * batches ahead. The items of a batch have the shape of its first one after {@code transform_param}; it may change from batch to batch.
 */
public final class DataLayer extends SourceLayer {
    private static final Logger LOG = LoggerFactory.getLogger(DataLayer.class);

    private final List<Batch> batches = new ArrayList<>();
    private Database database;
    private DatumReader reader;
    private DataTransformer transformer;
    private Prefetcher<Batch> prefetcher;

    /** A batch being filled, waiting or read; its data tensor is touched by the thread that holds it. */
    private static final class Batch {
        final Blob data;
        final float[] labels;

        Batch(Blob data, int size) {
            this.data = data;
            this.labels = new float[size];
        }
    }

    public DataLayer(LayerParameter param, Context context) {
        super(param, context);
    }

    @Override
    public int minTops() {
        return 1;
    }

    @Override
    public int maxTops() {
        return 2;
    }

    @Override
    public void setUp(List<Blob> bottom, List<Blob> top) {
        DataParameter data = param().getDataParam();
        if (data.getBatchSize() <= 0) {
            throw definitionError("data_param.batch_size must be positive, but is " + Integer.toUnsignedString(data.getBatchSize()));
        }
        if (data.getPrefetch() <= 0) {
            throw definitionError("data_param.prefetch must be positive, but is " + Integer.toUnsignedString(data.getPrefetch()));
        }
        try {
            start(data, top);
        } catch (RuntimeException e) {
            close();
            throw e;
        }
    }

    private void start(DataParameter data, List<Blob> top) {
        database = Database.open(data.getBackend(), Path.of(data.getSource()));
        LOG.info("Opened {} {}", data.getBackend().name().toLowerCase(Locale.ROOT), data.getSource());
        reader = new DatumReader(database, data.getSource());
        transformer = new DataTransformer(param().getTransformParam(), phase(), context());
        Datum first = reader.next();
        int size = data.getBatchSize();
        top.get(0).reshape(batchShape(first, size));
        if (top.size() > 1) {
            top.get(1).reshape(size);
        }
        long[] shape = top.get(0).shape();
        LOG.info("output data size: {},{},{},{}", shape[0], shape[1], shape[2], shape[3]);
        reader.restart();
        for (int i = 0; i < data.getPrefetch(); i++) {
            Batch batch = new Batch(new Blob(context(), shape), size);
            batches.add(batch);
        }
        prefetcher = new Prefetcher<>("caffe4j prefetch of layer '" + name() + "'", batches, this::fill);
    }

    /** In the prefetch thread. Only a batch's own plain memory is touched here, nothing that the context shares. */
    private void fill(Batch batch) throws InterruptedException {
        FloatBuffer out = null;
        long[] shape = null;
        int itemCount = 0;
        for (int item = 0; item < batch.labels.length; item++) {
            if (Thread.interrupted()) {
                throw new InterruptedException();
            }
            Datum datum = reader.next();
            if (item == 0) {
                long[] all = batchShape(datum, batch.labels.length);
                batch.data.reshape(all);
                out = batch.data.data().overwrite();
                shape = new long[] {all[1], all[2], all[3]};
                itemCount = (int) batch.data.count(1);
            }
            try {
                transformer.transform(datum, shape, out, item * itemCount);
            } catch (DataException | ShapeException e) {
                throw located(e);
            }
            batch.labels[item] = datum.getLabel();
        }
    }

    private long[] batchShape(Datum datum, int size) {
        try {
            long[] shape = transformer.shape(datum);
            return new long[] {size, shape[0], shape[1], shape[2]};
        } catch (DataException e) {
            throw located(e);
        }
    }

    private DataException located(RuntimeException e) {
        return new DataException(where() + reader.where() + ": " + e.getMessage(), e);
    }

    @Override
    public void forward(List<Blob> bottom, List<Blob> top) {
        Batch batch = prefetcher.take();
        top.get(0).reshapeLike(batch.data);
        top.get(0).data().copyFrom(batch.data.data());
        if (top.size() > 1) {
            top.get(1).reshape(batch.labels.length);
            top.get(1).data().set(batch.labels);
        }
        prefetcher.release(batch);
    }

    /** Stops the prefetch thread, then closes the database. */
    @Override
    public void close() {
        if (prefetcher != null) {
            prefetcher.close();
        }
        if (reader != null) {
            reader.close();
        }
        if (database != null) {
            database.close();
        }
        batches.forEach(batch -> batch.data.close());
        super.close();
    }
}
