package org.caffe4j.layer.data;

import java.nio.FloatBuffer;
import java.util.List;
import java.util.Objects;
import java.util.function.IntFunction;
import java.util.function.IntUnaryOperator;
import org.caffe4j.Blob;
import org.caffe4j.Context;
import org.caffe4j.DataException;
import org.caffe4j.data.DataTransformer;
import org.caffe4j.data.Pixels;
import org.caffe4j.io.Image;
import org.caffe4j.io.ImageDecoder;
import org.caffe4j.proto.Datum;
import org.caffe4j.proto.LayerParameter;
import org.caffe4j.proto.LayerState;
import org.caffe4j.proto.MemoryDataParameter;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Caffe's MemoryData: batches of items that the program hands over (0 bottoms; tops data N×C×H×W and label N×1×1×1).
 *
 * <p>{@link #reset} takes arrays as they are, {@link #addDatums} and {@link #addImages} transform items by {@code transform_param}. All
 * copy, so the caller's arrays are free afterwards. Forward goes through the items batch by batch, again and again. Methods belong
 * to the thread that runs the net.
 */
public final class MemoryDataLayer extends SourceLayer {
    private static final Logger LOG = LoggerFactory.getLogger(MemoryDataLayer.class);

    private DataTransformer transformer;
    private int batchSize;
    private long[] item;
    private int itemCount;
    private float[] data;
    private float[] labels;
    private int position;
    private boolean hasNewData;

    public MemoryDataLayer(LayerParameter param, Context context) {
        super(param, context);
    }

    @Override
    public int exactTops() {
        return 2;
    }

    @Override
    public void setUp(List<Blob> bottom, List<Blob> top) {
        MemoryDataParameter memory = param().getMemoryDataParam();
        batchSize = memory.getBatchSize();
        item = new long[] {memory.getChannels(), memory.getHeight(), memory.getWidth()};
        if (batchSize <= 0 || item[0] <= 0 || item[1] <= 0 || item[2] <= 0) {
            throw definitionError("batch_size, channels, height, and width must be specified and positive in memory_data_param");
        }
        itemCount = Math.toIntExact(Math.multiplyExact(Math.multiplyExact(item[0], item[1]), item[2]));
        transformer = new DataTransformer(param().getTransformParam(), phase(), context());
        shapeTops(top);
    }

    private void shapeTops(List<Blob> top) {
        top.get(0).reshape(batchSize, item[0], item[1], item[2]);
        top.get(1).reshape(batchSize, 1, 1, 1);
    }

    public int batchSize() {
        return batchSize;
    }

    /** Shape C×H×W of an item. */
    public long[] itemShape() {
        return item.clone();
    }

    /** Changes the batch size from the next forward on. @throws IllegalStateException while added items wait */
    public void setBatchSize(int size) {
        if (hasNewData) {
            throw new IllegalStateException(where() + "Can't change batch_size until current data has been consumed.");
        }
        if (size <= 0) {
            throw new IllegalArgumentException(where() + "batch size must be positive, but is " + size);
        }
        batchSize = size;
        data = null;
        labels = null;
    }

    /**
     * Takes items as they are, without transformation; replaces all earlier ones.
     *
     * @param data n × C × H × W values
     * @param labels n values; n is a multiple of the batch size
     */
    public void reset(float[] data, float[] labels) {
        if (labels.length == 0 || labels.length % batchSize != 0) {
            throw new IllegalArgumentException(where() + "n must be a multiple of batch size: n is " + labels.length + ", the batch size "
                + batchSize);
        }
        if (data.length != (long) labels.length * itemCount) {
            throw new IllegalArgumentException(where() + labels.length + " labels need " + labels.length + " × " + Blob.shapeString(item)
                + " = " + (long) labels.length * itemCount + " values of data, but there are " + data.length);
        }
        if (param().hasTransformParam()) {
            LOG.warn("{} does not transform array data on Reset()", type());
        }
        take(data.clone(), labels.clone());
    }

    private void take(float[] newData, float[] newLabels) {
        data = newData;
        labels = newLabels;
        position = 0;
    }

    @Override
    public LayerState saveState() {
        return data == null ? super.saveState() : LayerState.newBuilder().addPosition(position).addPosition(labels.length).build();
    }

    /** Goes to the same place among the same number of items, which must have been handed over already. */
    @Override
    public void restoreState(LayerState state) {
        if (data == null || labels.length != state.getPosition(1)) {
            throw new IllegalArgumentException("there were " + state.getPosition(1) + " items then, and are "
                + (data == null ? 0 : labels.length) + " now; hand them over before resuming");
        }
        position = Objects.checkIndex((int) state.getPosition(0), labels.length);
    }

    /**
     * Transforms datums with their labels; replaces all earlier items.
     *
     * @param datums a multiple of the batch size
     * @throws IllegalStateException if items added before were not consumed
     * @throws DataException if an item does not fit; the message has its index
     */
    public void addDatums(List<Datum> datums) {
        try (ImageDecoder decoder = new ImageDecoder()) {
            add(datums.size(), i -> transformer.pixels(datums.get(i), decoder), i -> datums.get(i).getLabel());
        }
    }

    /** As {@link #addDatums}, of decoded images and as many labels. */
    public void addImages(List<Image> images, int[] labels) {
        if (images.size() != labels.length) {
            throw new IllegalArgumentException(where() + images.size() + " images but " + labels.length + " labels");
        }
        add(images.size(), i -> Pixels.of(images.get(i)), i -> labels[i]);
    }

    private void add(int n, IntFunction<Pixels> pixels, IntUnaryOperator label) {
        if (hasNewData) {
            throw new IllegalStateException(where() + "Can't add data until current data has been consumed.");
        }
        if (n == 0) {
            throw new IllegalArgumentException(where() + "There is no datum to add.");
        }
        if (n % batchSize != 0) {
            throw new IllegalArgumentException(where() + "The added data must be a multiple of the batch size: " + n + " items, batch size "
                + batchSize);
        }
        float[] newData = new float[Math.multiplyExact(n, itemCount)];
        float[] newLabels = new float[n];
        FloatBuffer out = FloatBuffer.wrap(newData);
        for (int i = 0; i < n; i++) {
            try {
                transformer.transform(pixels.apply(i), transformer.draw(), item, out, i * itemCount);
                newLabels[i] = label.applyAsInt(i);
            } catch (DataException e) {
                throw new DataException(where() + "item " + i + ": " + e.getMessage(), e);
            }
        }
        take(newData, newLabels);
        hasNewData = true;
    }

    @Override
    public void forward(List<Blob> bottom, List<Blob> top) {
        if (data == null) {
            throw new DataException(where() + "MemoryDataLayer needs to be initialized by calling Reset: hand it items with reset, "
                + "addDatums or addImages before forward");
        }
        shapeTops(top);
        top.get(0).data().overwrite().put(data, position * itemCount, batchSize * itemCount);
        top.get(1).data().overwrite().put(labels, position, batchSize);
        position = (position + batchSize) % labels.length;
        if (position == 0) {
            hasNewData = false;
        }
    }
}
