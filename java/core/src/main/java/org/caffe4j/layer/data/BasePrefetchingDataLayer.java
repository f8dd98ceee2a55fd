package org.caffe4j.layer.data;

import java.nio.FloatBuffer;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CancellationException;
import java.util.concurrent.CompletableFuture;
import java.util.function.Supplier;
import org.caffe4j.Blob;
import org.caffe4j.Context;
import org.caffe4j.DataException;
import org.caffe4j.ShapeException;
import org.caffe4j.data.DataTransformer;
import org.caffe4j.data.Prefetcher;
import org.caffe4j.io.ImageDecoder;
import org.caffe4j.proto.LayerParameter;
import org.caffe4j.proto.LayerState;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * What Data, ImageData and WindowData share: {@code data_param.prefetch} batches are read and transformed ahead (0 bottoms; tops data
 * N×C×H×W and label N). Items are read in order; the context's number of threads loads and transforms them. The items of a batch have the
 * shape of its first one; it may change from batch to batch. Source: Caffe's BasePrefetchingDataLayer.
 */
abstract class BasePrefetchingDataLayer extends SourceLayer {
    private static final Logger LOG = LoggerFactory.getLogger(BasePrefetchingDataLayer.class);

    private final List<Batch> batches = new ArrayList<>();
    private final List<ImageDecoder> decoders = new ArrayList<>();
    private Prefetcher<Batch> prefetcher;
    /** Where the source stood after the batch that forward gave last: the threads are ahead of it. */
    private Supplier<LayerState> consumed;
    /** Whether all batches so far had the top's shape. */
    private boolean oneShape = true;

    /** A batch being filled, waiting or read; its data tensor is touched by the thread that holds it. */
    private static final class Batch {
        final Blob data;
        final float[] labels;
        /** Where the values go; known once the first item has said its shape. */
        CompletableFuture<Place> place;
        Supplier<LayerState> after;

        Batch(Blob data, int size) {
            this.data = data;
            this.labels = new float[size];
        }

        void shape(long[] item) {
            data.reshape(batchShape(labels.length, item));
            place.complete(new Place(item, data.data().overwrite(), (int) data.count(1)));
        }
    }

    private record Place(long[] shape, FloatBuffer out, int itemCount) {
    }

    /** An item on its way into a batch: {@link #load} first, then the rest, all in one thread. */
    interface Item {
        /** Names the item in messages. */
        String name();

        /**
         * Gets what takes time: reads, decodes.
         *
         * @param decoder may hold this item's image until the next item is loaded
         */
        void load(ImageDecoder decoder);

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

    /**
     * Begins the next item, number {@code index} of its batch, and draws its random numbers: called in order, never two at a time, in a
     * prefetch thread, where nothing that is the context's may be touched.
     *
     * @param thread number of the thread that will load and write the item before it asks for another, from 0 to the context's threads
     */
    abstract Item next(int index, int thread);

    /**
     * Where the source stands, as the caller of {@link #next} sees it. What the supplier needs is fixed now, what is costly is left to it.
     */
    abstract Supplier<LayerState> position();

    /** Goes where {@link #position} was called. */
    abstract void seek(LayerState state);

    /** Frees what {@link #open} opened, after the prefetch threads have ended. Idempotent. */
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
            // Caffe seeds the transformer before and after it opens the source, and its prefetch thread with one number more. All are drawn
            // here too, so that the fillers of later layers get the same numbers.
            drawTransformSeed();
            open();
            context().rng().nextUnsigned();
            start(size, prefetch, top);
        } catch (RuntimeException e) {
            close();
            throw e;
        }
    }

    /** Draws, for the sake of what is drawn later, the seed of a transformer that has no use for it. */
    final void drawTransformSeed() {
        if (DataTransformer.isRandom(param().getTransformParam(), phase())) {
            context().rng().nextUnsigned();
        }
    }

    private void start(int size, int prefetch, List<Blob> top) {
        int threads = Math.min(context().threads(), size);
        for (int i = 0; i < threads; i++) {
            decoders.add(new ImageDecoder());
        }
        Item first = first();
        long[] shape;
        try {
            first.load(decoders.get(0));
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
        prefetcher = new Prefetcher<>("caffe4j prefetch of layer '" + name() + "'", decoders.size(), batches, batchSize(), this::read);
    }

    /** How often forward had to wait for data. */
    public final long waits() {
        return prefetcher.waits();
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

    /** Prefetcher's source. Of the context's things only a batch's own plain memory is touched from here on. */
    private Prefetcher.Work read(Batch batch, int index, int thread) {
        if (index == 0) {
            batch.place = new CompletableFuture<>();
        }
        Item item = next(index, thread);
        if (index == batch.labels.length - 1) {
            batch.after = position();
        }
        return () -> fill(batch, index, item, decoders.get(thread));
    }

    private void fill(Batch batch, int index, Item item, ImageDecoder decoder) {
        try {
            item.load(decoder);
            if (index == 0) {
                batch.shape(item.shape());
            }
            Place place = batch.place.join();
            item.write(place.shape, place.out, index * place.itemCount);
            batch.labels[index] = item.label();
        } catch (CancellationException e) {
            throw new DataException(where() + "the first item of the batch failed", e);
        } catch (DataException | ShapeException e) {
            throw located(item.name(), e);
        } finally {
            if (index == 0) {
                batch.place.cancel(false); // without effect where the shape became known
            }
        }
    }

    /** The exception with the layer and, unless the message names it, the item in front. */
    final DataException located(String item, RuntimeException e) {
        return new DataException(where() + (e.getMessage().contains(item) ? "" : item + ": ") + e.getMessage(), e);
    }

    @Override
    public final void forward(List<Blob> bottom, List<Blob> top) {
        Batch batch = prefetcher.take();
        // What shares the top's memory keeps its shape until it is reshaped itself, so batches of another size are copied: an exchange could
        // leave it less memory than that.
        oneShape &= top.get(0).sameShape(batch.data);
        if (oneShape) {
            top.get(0).data().swap(batch.data.data());
            batch.data.data().overwrite(); // a prefetch thread gets plain memory, whatever layout later layers left the values in
        } else {
            top.get(0).reshapeLike(batch.data);
            top.get(0).data().copyFrom(batch.data.data());
        }
        if (top.size() > 1) {
            top.get(1).reshape(batch.labels.length);
            top.get(1).data().set(batch.labels);
        }
        consumed = batch.after;
        prefetcher.release(batch);
    }

    /** Stops the prefetch threads, then closes the source. */
    @Override
    public final void close() {
        if (prefetcher != null) {
            prefetcher.close();
        }
        closeSource();
        decoders.forEach(ImageDecoder::close);
        batches.forEach(batch -> batch.data.close());
        super.close();
    }
}
