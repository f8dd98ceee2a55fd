package org.caffe4j.data;

import java.nio.FloatBuffer;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.concurrent.atomic.AtomicBoolean;
import org.caffe4j.Blob;
import org.caffe4j.Context;
import org.caffe4j.DataException;
import org.caffe4j.MersenneTwister;
import org.caffe4j.ModelFormatException;
import org.caffe4j.NetDefinitionException;
import org.caffe4j.Phase;
import org.caffe4j.io.ImageDecoder;
import org.caffe4j.io.Images;
import org.caffe4j.proto.Datum;
import org.caffe4j.proto.RandomState;
import org.caffe4j.proto.TransformationParameter;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Caffe's data transformation ({@code transform_param}): decode, crop, subtract the mean, scale, mirror; out = (pixel − mean) · scale.
 *
 * <p>Crops are square; their place is random in TRAIN and the centre in TEST. With {@code mirror} every second item on average is mirrored
 * from left to right, in TEST as well as in TRAIN, as in Caffe. An item takes its random numbers in the order mirror, row, column.
 * The generator is this transformer's own, seeded from the context's.
 *
 * <p>{@link #draw} and the generator's state belong to one thread at a time; what an item was drawn may then be used by any thread, several
 * at a time, so that items come out the same whichever thread transforms them, and when.
 */
public final class DataTransformer {
    private static final Logger LOG = LoggerFactory.getLogger(DataTransformer.class);

    private final TransformationParameter param;
    private final Phase phase;
    private final int crop;
    private final MersenneTwister rng;
    private final MeanImage meanFile;
    private final AtomicBoolean rawForceReported = new AtomicBoolean();
    /** The transform for items of as many channels as the last one; the means of mean_value depend on their number. */
    private volatile ChannelTransform last;

    private record ChannelTransform(int channels, PixelTransform transform) {
    }

    /**
     * The random numbers of one item.
     *
     * @param row from 0 to 2^32 - 1: where the crop begins, modulo the number of places
     * @param column as for the row
     */
    public record Draw(boolean mirror, long row, long column) {
    }

    /**
     * @throws NetDefinitionException if fields exclude each other
     * @throws ModelFormatException if the mean file cannot be read
     */
    public DataTransformer(TransformationParameter param, Phase phase, Context context) {
        this.param = param;
        this.phase = phase;
        this.crop = param.getCropSize();
        if (crop < 0) {
            throw new NetDefinitionException("transform_param.crop_size " + Integer.toUnsignedString(crop) + " is too large");
        }
        if (param.hasMeanFile() && param.getMeanValueCount() > 0) {
            throw new NetDefinitionException("Cannot specify mean_file and mean_value at the same time");
        }
        if (param.getForceColor() && param.getForceGray()) {
            throw new NetDefinitionException("cannot set both force_color and force_gray");
        }
        if (param.hasMeanFile()) {
            LOG.info("Loading mean file from: {}", param.getMeanFile());
            meanFile = MeanImage.read(Path.of(param.getMeanFile()));
        } else {
            meanFile = null;
        }
        rng = isRandom(param, phase) ? new MersenneTwister(context.rng().nextUnsigned()) : null;
    }

    /** Whether items are mirrored or cropped by random numbers. */
    public static boolean isRandom(TransformationParameter param, Phase phase) {
        return param.getMirror() || phase == Phase.TRAIN && param.getCropSize() != 0;
    }

    /** The state of the generator; empty if there are no random crops and mirrors. */
    public long[] saveRandom() {
        return rng == null ? new long[0] : rng.save();
    }

    /** Continues the random numbers where {@link #saveRandom} was called. @throws IllegalArgumentException if there are none to continue */
    public void restoreRandom(RandomState state) {
        if (rng != null) {
            rng.restore(state);
        } else if (state.getNumberCount() > 0) {
            throw new IllegalArgumentException("transform_param asked for random crops or mirrors then, and does not now");
        }
    }

    /** The next item's random numbers. */
    public Draw draw() {
        boolean mirror = param.getMirror() && rng.below(2) != 0;
        boolean place = crop > 0 && phase == Phase.TRAIN;
        return new Draw(mirror, place ? rng.nextUnsigned() : 0, place ? rng.nextUnsigned() : 0);
    }

    /** As {@link #pixels(RawDatum, ImageDecoder)}. */
    public Pixels pixels(Datum datum, ImageDecoder decoder) {
        return pixels(RawDatum.of(datum), decoder);
    }

    /**
     * The pixels of a datum, decoded as asked for where it is an encoded image.
     *
     * @param decoder holds the decoded image
     * @throws DataException if the datum is broken
     */
    public Pixels pixels(RawDatum datum, ImageDecoder decoder) {
        if (datum.encoded()) {
            decoder.decode(datum.data(),
                param.getForceColor() ? Images.Mode.COLOR : param.getForceGray() ? Images.Mode.GRAY : Images.Mode.UNCHANGED);
            return Pixels.of(decoder);
        }
        if ((param.getForceColor() || param.getForceGray()) && !rawForceReported.getAndSet(true)) {
            LOG.error("force_color and force_gray only for encoded datum");
        }
        return Pixels.of(datum);
    }

    /** Shape C×H×W of an item after transformation. @throws DataException if the crop is larger */
    public long[] shape(Pixels pixels) {
        if (crop > pixels.height || crop > pixels.width) {
            throw new DataException("crop_size " + crop + " is larger than the item of height " + pixels.height
                + ", width " + pixels.width);
        }
        return new long[] {pixels.channels, crop > 0 ? crop : pixels.height, crop > 0 ? crop : pixels.width};
    }

    /**
     * Transforms one item.
     *
     * @param shape C×H×W that the item must have after transformation
     * @param out receives the values from index {@code offset} on; its position does not move
     * @throws DataException if the item does not fit the shape, the crop or the mean
     */
    public void transform(Pixels pixels, Draw draw, long[] shape, FloatBuffer out, int offset) {
        long[] found = shape(pixels);
        if (!Arrays.equals(found, shape)) {
            throw new DataException("item of shape " + Blob.shapeString(found) + " does not fit the batch, whose first item is "
                + Blob.shapeString(shape) + "; items of different sizes need a crop_size or batch_size: 1");
        }
        PixelTransform.Window window;
        if (crop == 0) {
            window = PixelTransform.Window.all(pixels.height, pixels.width);
        } else if (phase == Phase.TRAIN) {
            window = new PixelTransform.Window((int) (draw.row % (pixels.height - crop + 1)),
                (int) (draw.column % (pixels.width - crop + 1)), crop, crop);
        } else {
            window = PixelTransform.Window.centre(pixels.height, pixels.width, crop, crop);
        }
        transformOf(pixels).write(pixels, window, draw.mirror, out, offset);
    }

    private PixelTransform transformOf(Pixels pixels) {
        if (meanFile != null && (meanFile.channels() != pixels.channels || meanFile.height() != pixels.height
            || meanFile.width() != pixels.width)) {
            throw new DataException("mean_file " + param.getMeanFile() + " has shape " + meanFile.shapeString()
                + " but must equal the uncropped item, which has " + pixels.channels + " channels, height " + pixels.height + ", width "
                + pixels.width);
        }
        ChannelTransform present = last;
        if (present == null || present.channels != pixels.channels) {
            MeanImage mean = meanFile != null ? meanFile : meanValues(pixels.channels);
            present = new ChannelTransform(pixels.channels, new PixelTransform(mean, param.getScale(), null));
            last = present;
        }
        return present.transform;
    }

    private MeanImage meanValues(int channels) {
        int given = param.getMeanValueCount();
        if (given == 0) {
            return null;
        }
        if (given != 1 && given != channels) {
            throw new DataException("Specify either 1 mean_value or as many as channels: " + channels + ", but there are " + given);
        }
        float[] values = new float[channels];
        for (int c = 0; c < values.length; c++) {
            values[c] = param.getMeanValue(given == 1 ? 0 : c);
        }
        return MeanImage.perChannel(values);
    }
}
