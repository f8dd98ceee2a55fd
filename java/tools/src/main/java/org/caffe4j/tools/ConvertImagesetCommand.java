package org.caffe4j.tools;

import com.google.protobuf.ByteString;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Random;
import java.util.Set;
import org.caffe4j.DataException;
import org.caffe4j.MersenneTwister;
import org.caffe4j.data.Database;
import org.caffe4j.data.DatabaseWriter;
import org.caffe4j.data.ImageList;
import org.caffe4j.data.Shuffle;
import org.caffe4j.io.Image;
import org.caffe4j.io.Images;
import org.caffe4j.proto.Datum;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/**
 * {@code caffe convert_imageset}: the images of a list as a database. The key is the image's number in the list, after shuffling, in eight
 * digits, {@code _} and its path in the list. An image that cannot be read is reported and left out, but keeps its number.
 */
@Command(description = "Makes a database of the images of a list: a path and a label a line.", sortOptions = false)
final class ConvertImagesetCommand extends CaffeTool {
    private static final Logger LOG = LoggerFactory.getLogger(ConvertImagesetCommand.class);
    private static final Set<String> JPEG = Set.of("jpg", "jpeg");

    @Option(names = "--gray", description = "make images of one channel")
    private boolean gray;

    @Option(names = "--shuffle", description = "put the images into a random order")
    private boolean shuffle;

    @Option(names = "--seed", paramLabel = "N", description = "of the random order; default another one every time")
    private Long seed;

    @Mixin
    private BackendFlag backend;

    @Option(names = "--resize_width", defaultValue = "0", paramLabel = "N", description = "width to resize to; 0, the default, for none")
    private int resizeWidth;

    @Option(names = "--resize_height", defaultValue = "0", paramLabel = "N", description = "height to resize to; 0, the default, for none")
    private int resizeHeight;

    @Option(names = "--check_size", description = "stop at an image whose size differs from the first one's")
    private boolean checkSize;

    @Option(names = "--encoded", description = "store encoded images: files as they are, where nothing is to be changed")
    private boolean encoded;

    @Option(names = "--encode_type", defaultValue = "", paramLabel = "png|jpg|…", description = "how to encode; implies --encoded")
    private String encodeType;

    @Option(names = "--max_skipped", paramLabel = "N", description = "give up when more images than this cannot be read; default no limit,"
            + " as long as there is one that can")
    private Integer maxSkipped;

    @Option(names = "--threads", defaultValue = "0", paramLabel = "N", description = "images to work on at a time; default one a processor")
    private int threads;

    @Mixin
    private LockFlag lock;

    @Parameters(index = "0", paramLabel = "ROOTFOLDER/", description = "put in front of every path as it is; end it with a slash")
    private String root;

    @Parameters(index = "1", paramLabel = "LISTFILE", description = "the list: path, space, label")
    private Path list;

    @Parameters(index = "2", paramLabel = "DB_NAME", description = "database to make; nothing may be there yet")
    private Path database;

    private Image first;
    private int stored;
    private int skipped;
    private String firstFailure;

    /** A record's value, or why there is none. */
    private record Converted(ImageList.Entry entry, Image image, byte[] datum, String failure) {}

    @Override
    String usage() {
        return "convert_imageset: makes a leveldb/lmdb database, Caffe's input, of a set of images\n"
                + "Usage:\n    convert_imageset [FLAGS] ROOTFOLDER/ LISTFILE DB_NAME\n"
                + "LISTFILE has a line for every image: its path below ROOTFOLDER/, a space, its label (a whole number)";
    }

    @Override
    public Integer call() {
        checkFlags();
        List<ImageList.Entry> images = ImageList.read(list);
        int[] order = Shuffle.identity(images.size());
        if (shuffle) {
            LOG.info("Shuffling data");
            order = Shuffle.shuffled(order, new MersenneTwister(seed == null ? new Random().nextLong() : seed));
        }
        List<ImageList.Entry> ordered = Arrays.stream(order).mapToObj(images::get).toList();
        LOG.info("A total of {} images.", ordered.size());
        try (DatabaseWriter writer = Database.create(backend.kind(), database);
                Progress progress = Progress.of("convert_imageset", "images", ordered.size(), false)) {
            InOrder.run(ordered, threads, this::convert, (number, converted) -> {
                take(number, converted, writer);
                progress.update(number + 1, skipped == 0 ? "" : skipped + " skipped");
            });
            if (stored == 0) {
                throw new DataException("none of the " + ordered.size() + " images of " + list + " could be read, no database was made; the"
                        + " first: " + firstFailure + "; paths of the list are taken below \"" + root + "\", as it is written");
            }
            writer.finish();
        }
        if (!DatumRecords.isLineDue(stored)) {
            LOG.info("Processed {} files.", stored);
        }
        if (skipped > 0) {
            LOG.error("Skipped {} of {} images, which could not be read; the first: {}", skipped, ordered.size(), firstFailure);
        }
        return 0;
    }

    private void checkFlags() {
        if (resizeWidth < 0 || resizeHeight < 0 || threads < 0) {
            throw new UsageException("flags 'resize_width', 'resize_height' and 'threads' must not be negative");
        }
        if (resizeWidth > 0 != resizeHeight > 0) {
            throw new UsageException("flags 'resize_width' and 'resize_height' belong together: set both, or none to keep the images' sizes");
        }
        if (!encodeType.isEmpty() && !encoded) {
            LOG.info("encode_type specified, assuming encoded=true.");
        }
    }

    private Converted convert(ImageList.Entry entry) {
        String name = root + entry.path();
        try {
            Path file = Path.of(name);
            Image image = Images.read(file, gray ? Images.Mode.GRAY : Images.Mode.COLOR);
            if (resizeWidth > 0) {
                image = Images.resize(image, resizeHeight, resizeWidth);
            }
            Datum datum = datum(file, image).setLabel(entry.label()).build();
            return new Converted(entry, image, datum.toByteArray(), null);
        } catch (DataException e) {
            return new Converted(entry, null, null, e.getMessage());
        } catch (IOException e) {
            return new Converted(entry, null, null, "Could not read image file " + name + ": " + e);
        } catch (InvalidPathException e) {
            return new Converted(entry, null, null, "Could not open or find file " + name + ": its name is impossible here (" + e.getReason()
                    + "); LC_ALL=C.UTF-8 in the environment allows names of all languages");
        }
    }

    private Datum.Builder datum(Path file, Image image) throws IOException {
        String type = encoded && encodeType.isEmpty() ? extension(file) : encodeType.toLowerCase(Locale.ROOT);
        if (type.isEmpty()) {
            if (encoded) {
                LOG.warn("Failed to guess the encoding of '{}'; it is stored as plain pixels", file);
            }
            return Datum.newBuilder().setChannels(image.channels()).setHeight(image.height()).setWidth(image.width())
                    .setData(planar(image)).setEncoded(false);
        }
        String own = extension(file);
        boolean asItIs = resizeWidth == 0 && (own.equals(type) || JPEG.contains(own) && JPEG.contains(type));
        byte[] bytes = asItIs ? Files.readAllBytes(file) : Images.encode(image, type);
        return Datum.newBuilder().setData(ByteString.copyFrom(bytes)).setEncoded(true);
    }

    private static String extension(Path file) {
        String name = file.getFileName().toString();
        int dot = name.lastIndexOf('.');
        return dot < 0 ? "" : name.substring(dot + 1).toLowerCase(Locale.ROOT);
    }

    /** Channel after channel, as a Datum has them. */
    private static ByteString planar(Image image) {
        int channels = image.channels();
        int plane = image.height() * image.width();
        byte[] pixels = image.pixels();
        byte[] planes = new byte[pixels.length];
        for (int c = 0; c < channels; c++) {
            for (int i = 0, from = c; i < plane; i++, from += channels) {
                planes[c * plane + i] = pixels[from];
            }
        }
        return ByteString.copyFrom(planes);
    }

    private void take(int number, Converted converted, DatabaseWriter writer) {
        if (converted.failure != null) {
            LOG.error("{}", converted.failure);
            firstFailure = skipped++ == 0 ? converted.failure : firstFailure;
            if (maxSkipped != null && skipped > maxSkipped) {
                throw new DataException("more than " + maxSkipped + " images cannot be read (--max_skipped); the first: " + firstFailure);
            }
            return;
        }
        Image image = converted.image;
        if (first == null) {
            first = image;
        }
        if (checkSize && (image.channels() != first.channels() || image.height() != first.height() || image.width() != first.width())) {
            throw new DataException("Incorrect data field size of " + root + converted.entry.path() + ": it is an " + image + ", but the first"
                    + " one is an " + first + "; --resize_height and --resize_width make them equal");
        }
        String key = String.format(Locale.ROOT, "%08d_%s", number, converted.entry.path());
        writer.put(key.getBytes(StandardCharsets.UTF_8), converted.datum);
        stored++;
        if (DatumRecords.isLineDue(stored)) {
            LOG.info("Processed {} files.", stored);
        }
    }
}
