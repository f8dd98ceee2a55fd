package org.caffe4j.layer.data;

import java.nio.FloatBuffer;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Supplier;
import org.caffe4j.Blob;
import org.caffe4j.Context;
import org.caffe4j.DataException;
import org.caffe4j.ShapeException;
import org.caffe4j.data.Prefetcher;
import org.caffe4j.proto.LayerParameter;
import org.caffe4j.proto.LayerState;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * What Data, ImageData and WindowData share: a thread that reads and transforms {@code data_param.prefetch} batches ahead (0 bottoms; tops
 * data N×C×H×W and label N). The items of a batch have the shape of its first one; it may change from batch to batch.
 * Source: Caffe's BasePrefetchingDataLayer.
 */
abstract class BasePrefetchingDataLayer extends SourceLayer {
    private static final Logger LOG = LoggerFactory.getLogger(BasePrefetchingDataLayer.class);

    private final List<Batch> batches = new ArrayList<>();
    private Prefetcher<Batch> prefetcher;
    /** Where the source stood after the batch that forward gave last: the thread is ahead of it. */
    private Supplier<LayerState> consumed;

    /** A batch being filled, waiting or read; its data tensor is touched by the thread that holds it. */
    private static final class Batch {
        final Blob data;
        final float[] labels;
        Supplier<LayerState> after;

        Batch(Blob data, int size) {
            this.data = data;
            this.labels = new float[size];
        }
    }

    /** An item that was read, on its way into a batch. */
    interface Item {
        /** Names the item in messages. */
        String name();

        float label();

        /** Shape C×H×W after transformation. */
        long[] shape();

        /** Writes the transformed values to {@code out} from index {@code offset} on. @throws DataException if the shape is another */
        void write(long[] shape, FloatBuffer out, int offset);
    }

    BasePrefetchingDataLayer(LayerParameter param, Context context) {
        super(param, context);
    }

    /** Items in a batch, as the description says. */
    abstract int batchSize();

    /** Checks the description and opens the source. What it opened is freed by {@link #closeSource}, also after it failed. */
    abstract void open();

    /** The item that will come first, for its shape; {@link #next} gives it again. */
    abstract Item first();

    /** Reads the next item, number {@code index} of its batch; in the prefetch thread, where nothing that is the context's may be touched. */
    abstract Item next(int index);

    /**
     * Where the source stands, as the caller of {@link #next} sees it. What the supplier needs is fixed now, what is costly is left to it.
     */
    abstract Supplier<LayerState> position();

    /** Goes where {@link #position} was called. */
    abstract void seek(LayerState state);

    /** Frees what {@link #open} opened, after the prefetch thread has ended. Idempotent. */
    abstract void closeSource();

    @Override
    public final void setUp(List<Blob> bottom, List<Blob> top) {
        int size = batchSize();
        int prefetch = param().getDataParam().getPrefetch();
        if (size <= 0) {
            throw definitionError("batch_size must be positive, but is " + Integer.toUnsignedString(size));
        }
        if (prefetch <= 0) {
            throw definitionError("data_param.prefetch must be positive, but is " + Integer.toUnsignedString(prefetch));
        }
        try {
            open();
            start(size, prefetch, top);
        } catch (RuntimeException e) {
            close();
            throw e;
        }
    }

    private void start(int size, int prefetch, List<Blob> top) {
        Item first = first();
        long[] shape;
        try {
            shape = batchShape(size, first.shape());
        } catch (DataException e) {
            throw located(first.name(), e);
        }
        top.get(0).reshape(shape);
        if (top.size() > 1) {
            top.get(1).reshape(size);
        }
        LOG.info("output data size: {},{},{},{}", shape[0], shape[1], shape[2], shape[3]);
        for (int i = 0; i < prefetch; i++) {
            batches.add(new Batch(new Blob(context(), shape), size));
        }
        consumed = position();
        prefetch();
    }

    private void prefetch() {
        prefetcher = new Prefetcher<>("caffe4j prefetch of layer '" + name() + "'", batches, this::fill);
    }

    @Override
    public final LayerState saveState() {
        return consumed.get();
    }

    @Override
    public final void restoreState(LayerState state) {
        prefetcher.close();
        try {
            seek(state);
            consumed = position();
        } catch (RuntimeException e) {
            seek(consumed.get());
            throw e;
        } finally {
            prefetch();
        }
    }

    private static long[] batchShape(int size, long[] item) {
        return new long[] {size, item[0], item[1], item[2]};
    }

    /** In the prefetch thread. Only a batch's own plain memory is touched here. */
    private void fill(Batch batch) throws InterruptedException {
        FloatBuffer out = null;
        long[] shape = null;
        int itemCount = 0;
        for (int i = 0; i < batch.labels.length; i++) {
            if (Thread.interrupted()) {
                throw new InterruptedException();
            }
            Item item = next(i);
            try {
                if (i == 0) {
                    shape = item.shape();
                    batch.data.reshape(batchShape(batch.labels.length, shape));
                    out = batch.data.data().overwrite();
                    itemCount = (int) batch.data.count(1);
                }
                item.write(shape, out, i * itemCount);
                batch.labels[i] = item.label();
            } catch (DataException | ShapeException e) {
                throw located(item.name(), e);
            }
        }
        batch.after = position();
    }

    /** The exception with the layer and the item in front. */
    final DataException located(String item, RuntimeException e) {
        return new DataException(where() + item + ": " + e.getMessage(), e);
    }

    @Override
    public final void forward(List<Blob> bottom, List<Blob> top) {
        Batch batch = prefetcher.take();
        top.get(0).reshapeLike(batch.data);
        top.get(0).data().copyFrom(batch.data.data());
        if (top.size() > 1) {
            top.get(1).reshape(batch.labels.length);
            top.get(1).data().set(batch.labels);
        }
        consumed = batch.after;
        prefetcher.release(batch);
    }

    /** Stops the prefetch thread, then closes the source. */
    @Override
    public final void close() {
        if (prefetcher != null) {
            prefetcher.close();
        }
        closeSource();
        batches.forEach(batch -> batch.data.close());
        super.close();
    }
}
