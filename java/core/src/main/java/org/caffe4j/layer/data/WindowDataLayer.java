package org.caffe4j.layer.data;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.FloatBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.Supplier;
import org.caffe4j.Context;
import org.caffe4j.DataException;
import org.caffe4j.MersenneTwister;
import org.caffe4j.data.WindowFile;
import org.caffe4j.data.WindowTransformer;
import org.caffe4j.io.Image;
import org.caffe4j.io.ImageDecoder;
import org.caffe4j.io.Images;
import org.caffe4j.proto.LayerParameter;
import org.caffe4j.proto.LayerState;
import org.caffe4j.proto.WindowDataParameter;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Caffe's WindowData: batches of windows of images, as R-CNN trains on (0 bottoms; tops data N×C×S×S, S the {@code crop_size},
 * and label N).
 *
 * <p>{@code window_data_param.source} is a {@link WindowFile}. A window whose overlap reaches {@code fg_threshold} is foreground and keeps
 * its class; one below {@code bg_threshold} is background, class 0; what lies between is left out. A batch holds first the background,
 * then int(batch_size · {@code fg_fraction}) foreground windows, drawn with replacement from a generator seeded from the context's.
 * {@code cache_images} keeps the image files, undecoded, in memory. Pixels are scaled by {@code window_data_param.scale}, not
 * by {@code transform_param.scale}, as in Caffe.
 */
public final class WindowDataLayer extends BasePrefetchingDataLayer {
    private static final Logger LOG = LoggerFactory.getLogger(WindowDataLayer.class);

    private final List<WindowFile.Window> foreground = new ArrayList<>();
    private final List<WindowFile.Window> background = new ArrayList<>();
    private final Map<Integer, byte[]> cache = new ConcurrentHashMap<>();
    private List<WindowFile.Picture> pictures;
    private MersenneTwister rng;
    private WindowTransformer transformer;
    private int foregroundCount;

    public WindowDataLayer(LayerParameter param, Context context) {
        super(param, context);
    }

    @Override
    public int exactTops() {
        return 2;
    }

    @Override
    int batchSize() {
        return windowData().getBatchSize();
    }

    private WindowDataParameter windowData() {
        return param().getWindowDataParam();
    }

    @Override
    void open() {
        WindowDataParameter window = windowData();
        transformer = new WindowTransformer(param().getTransformParam(), window);
        LOG.info("Window data layer: foreground (object) overlap threshold: {}, background (non-object) overlap threshold: {}, "
            + "foreground sampling fraction: {}", window.getFgThreshold(), window.getBgThreshold(), window.getFgFraction());
        if (!(window.getFgFraction() >= 0 && window.getFgFraction() <= 1)) {
            throw definitionError("window_data_param.fg_fraction must lie between 0 and 1, but is " + window.getFgFraction());
        }
        try {
            read(WindowFile.read(Path.of(window.getSource())));
            transformer.checkMean(pictures.get(0).channels());
        } catch (DataException e) {
            throw located("window_data_param", e);
        }
        foregroundCount = (int) (window.getBatchSize() * window.getFgFraction());
        if (foregroundCount > 0 && foreground.isEmpty() || foregroundCount < window.getBatchSize() && background.isEmpty()) {
            throw new DataException(where() + window.getSource() + " has " + foreground.size() + " foreground and " + background.size()
                + " background windows, but a batch takes " + foregroundCount + " and " + (window.getBatchSize() - foregroundCount)
                + "; check fg_threshold, bg_threshold and fg_fraction");
        }
        rng = new MersenneTwister(context().rng().nextUnsigned());
        drawTransformSeed();
    }

    private void read(WindowFile file) {
        WindowDataParameter param = windowData();
        pictures = file.pictures();
        for (WindowFile.Picture picture : pictures) {
            if (picture.channels() != pictures.get(0).channels()) {
                throw new DataException("image " + picture.path() + " has " + picture.channels() + " channels, the first has "
                    + pictures.get(0).channels());
            }
        }
        for (WindowFile.Window window : file.windows()) {
            if (window.overlap() >= param.getFgThreshold()) {
                if (window.label() <= 0) {
                    throw new DataException("window " + window + " of " + pictures.get(window.picture()).path()
                        + " overlaps an object but has no class above 0");
                }
                foreground.add(window);
            } else if (window.overlap() < param.getBgThreshold()) {
                background.add(window);
            }
        }
        LOG.info("Number of images: {}, foreground windows: {}, background windows: {}", pictures.size(), foreground.size(),
            background.size());
    }

    @Override
    Item first() {
        return new WindowItem(foreground.isEmpty() ? background.get(0) : foreground.get(0), true, false);
    }

    @Override
    Item next(int index, int thread) {
        boolean isForeground = index >= batchSize() - foregroundCount;
        List<WindowFile.Window> windows = isForeground ? foreground : background;
        WindowFile.Window window = windows.get(rng.below(windows.size()));
        boolean mirror = param().getTransformParam().getMirror() && rng.below(2) != 0;
        return new WindowItem(window, isForeground, mirror);
    }

    private final class WindowItem implements Item {
        private final WindowFile.Window window;
        private final boolean isForeground;
        private final boolean mirror;
        private ImageDecoder decoder;

        WindowItem(WindowFile.Window window, boolean isForeground, boolean mirror) {
            this.window = window;
            this.isForeground = isForeground;
            this.mirror = mirror;
        }

        @Override
        public String name() {
            return "window " + window + " of " + file(window.picture());
        }

        /** Nothing yet: the shape is known without the image. */
        @Override
        public void load(ImageDecoder ownDecoder) {
            decoder = ownDecoder;
        }

        @Override
        public float label() {
            return isForeground ? window.label() : 0;
        }

        @Override
        public long[] shape() {
            return new long[] {pictures.get(0).channels(), transformer.size(), transformer.size()};
        }

        @Override
        public void write(long[] shape, FloatBuffer out, int offset) {
            transformer.transform(image(window.picture(), decoder), window, mirror, out, offset);
        }
    }

    @Override
    Supplier<LayerState> position() {
        long[] random = rng.save();
        return () -> LayerState.newBuilder().addRandom(MersenneTwister.toState(random)).build();
    }

    @Override
    void seek(LayerState state) {
        rng.restore(state.getRandom(0));
    }

    private Path file(int picture) {
        return Path.of(windowData().getRootFolder() + pictures.get(picture).path());
    }

    private Image image(int number, ImageDecoder decoder) {
        WindowFile.Picture picture = pictures.get(number);
        Images.Mode mode = picture.channels() == 1 ? Images.Mode.GRAY : Images.Mode.COLOR;
        if (windowData().getCacheImages()) {
            decoder.decode(ByteBuffer.wrap(cache.computeIfAbsent(number, n -> bytes(file(n)))), mode);
        } else {
            decoder.read(file(number), mode);
        }
        Image image = decoder.toImage();
        if (image.height() != picture.height() || image.width() != picture.width()) {
            throw new DataException("the image has height " + image.height() + ", width " + image.width() + ", but the window file says "
                + picture.height() + " and " + picture.width());
        }
        return image;
    }

    private static byte[] bytes(Path file) {
        try {
            return Files.readAllBytes(file);
        } catch (IOException e) {
            throw new DataException("Could not open or find file " + file + ": " + e, e);
        }
    }

    @Override
    void closeSource() {
        cache.clear();
    }
}
