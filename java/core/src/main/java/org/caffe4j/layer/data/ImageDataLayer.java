package org.caffe4j.layer.data;

import java.nio.file.Path;
import java.util.List;
import java.util.Objects;
import java.util.function.Supplier;
import org.caffe4j.Context;
import org.caffe4j.DataException;
import org.caffe4j.MersenneTwister;
import org.caffe4j.data.DataTransformer;
import org.caffe4j.data.ImageList;
import org.caffe4j.data.Pixels;
import org.caffe4j.data.Shuffle;
import org.caffe4j.io.ImageDecoder;
import org.caffe4j.io.Images;
import org.caffe4j.proto.ImageDataParameter;
import org.caffe4j.proto.LayerParameter;
import org.caffe4j.proto.LayerState;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Caffe's ImageData: batches of image files (0 bottoms; tops data N×C×H×W, channels blue green red or grey, and label N).
 *
 * <p>{@code image_data_param.source} is a list of paths and labels; {@code root_folder} is put in front of each path as it is. The list is
 * gone through again and again: in its order, from a random place below {@code rand_skip} on, or with {@code shuffle} in an order that is
 * drawn anew for every pass. Images are resized to {@code new_height} × {@code new_width} where these are given, then transformed by
 * {@code transform_param}. Random numbers come from generators seeded from the context's.
 */
public final class ImageDataLayer extends BasePrefetchingDataLayer {
    private static final Logger LOG = LoggerFactory.getLogger(ImageDataLayer.class);

    private List<ImageList.Entry> images;
    private int[] order;
    private int position;
    private MersenneTwister shuffleRng;
    private DataTransformer transformer;

    public ImageDataLayer(LayerParameter param, Context context) {
        super(param, context);
    }

    @Override
    public int exactTops() {
        return 2;
    }

    @Override
    int batchSize() {
        return imageData().getBatchSize();
    }

    private ImageDataParameter imageData() {
        return param().getImageDataParam();
    }

    @Override
    void open() {
        ImageDataParameter image = imageData();
        if (image.getNewHeight() > 0 != image.getNewWidth() > 0 || image.getNewHeight() < 0 || image.getNewWidth() < 0) {
            throw definitionError("Current implementation requires new_height and new_width to be set at the same time: they are "
                + Integer.toUnsignedString(image.getNewHeight()) + " and " + Integer.toUnsignedString(image.getNewWidth()));
        }
        LOG.info("Opening file {}", image.getSource());
        try {
            images = ImageList.read(Path.of(image.getSource()));
        } catch (DataException e) {
            throw located("image_data_param.source", e);
        }
        order = Shuffle.identity(images.size());
        if (image.getShuffle()) {
            LOG.info("Shuffling data");
            shuffleRng = new MersenneTwister(context().rng().nextUnsigned());
            order = Shuffle.shuffled(order, shuffleRng);
        }
        LOG.info("A total of {} images.", images.size());
        if (image.getRandSkip() != 0) {
            position = (int) (context().rng().nextUnsigned() % Integer.toUnsignedLong(image.getRandSkip()));
            LOG.info("Skipping first {} data points.", position);
            if (position < 0 || position >= images.size()) {
                throw new DataException(where() + "Not enough points to skip: rand_skip drew " + Integer.toUnsignedString(position) + " of "
                    + images.size() + " images; rand_skip must not exceed their number");
            }
        }
        transformer = new DataTransformer(param().getTransformParam(), phase(), context());
    }

    @Override
    Item first() {
        return new FileItem(images.get(order[position]), null);
    }

    @Override
    Item next(int index, int thread) {
        Item item = new FileItem(images.get(order[position]), transformer.draw());
        position++;
        if (position == order.length) {
            LOG.debug("Restarting data prefetching from start.");
            position = 0;
            if (shuffleRng != null) {
                order = Shuffle.shuffled(order, shuffleRng);
            }
        }
        return item;
    }

    private final class FileItem extends TransformedItem {
        private final ImageList.Entry entry;

        FileItem(ImageList.Entry entry, DataTransformer.Draw draw) {
            super(transformer, draw);
            this.entry = entry;
        }

        @Override
        public String name() {
            return imageData().getRootFolder() + entry.path();
        }

        @Override
        public void load(ImageDecoder decoder) {
            ImageDataParameter image = imageData();
            decoder.read(Path.of(name()), image.getIsColor() ? Images.Mode.COLOR : Images.Mode.GRAY);
            if (image.getNewHeight() > 0) {
                decoder.resize(image.getNewHeight(), image.getNewWidth());
            }
            pixels = Pixels.of(decoder);
        }

        @Override
        public float label() {
            return entry.label();
        }
    }

    @Override
    Supplier<LayerState> position() {
        int[] imageOrder = order;
        int next = position;
        long[] transforms = transformer.saveRandom();
        long[] shuffles = shuffleRng == null ? new long[0] : shuffleRng.save();
        return () -> LayerState.newBuilder().addOrder(Shuffle.toState(imageOrder)).addPosition(next)
            .addRandom(MersenneTwister.toState(transforms)).addRandom(MersenneTwister.toState(shuffles)).build();
    }

    @Override
    void seek(LayerState state) {
        order = Shuffle.of(state.getOrder(0), images.size());
        position = Objects.checkIndex((int) state.getPosition(0), order.length);
        transformer.restoreRandom(state.getRandom(0));
        if (shuffleRng != null) {
            shuffleRng.restore(state.getRandom(1));
        }
    }

    /** Nothing stays open. */
    @Override
    void closeSource() {
    }
}
