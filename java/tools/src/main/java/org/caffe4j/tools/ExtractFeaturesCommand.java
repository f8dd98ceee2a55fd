package org.caffe4j.tools;

import java.nio.FloatBuffer;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.caffe4j.Blob;
import org.caffe4j.Context;
import org.caffe4j.DataException;
import org.caffe4j.NearNames;
import org.caffe4j.Net;
import org.caffe4j.Phase;
import org.caffe4j.ShapeException;
import org.caffe4j.data.Database;
import org.caffe4j.data.DatabaseWriter;
import org.caffe4j.io.PrototxtReader;
import org.caffe4j.proto.DataParameter.DB;
import org.caffe4j.proto.Datum;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Parameters;

/**
 * {@code caffe extract_features}: runs a net in phase TEST on its own data and writes what is in some of its blobs, an item a record, each
 * blob to a database of its own; keys count from {@code 0000000000}. The databases appear when all of them are complete.
 */
@Command(description = "Runs a net on its own data and writes the values of some blobs to databases.", sortOptions = false)
final class ExtractFeaturesCommand extends CaffeTool {
    private static final Logger LOG = LoggerFactory.getLogger(ExtractFeaturesCommand.class);

    @Mixin
    private LockFlag lock;

    @Parameters(index = "0", paramLabel = "WEIGHTS", description = "trained weights (.caffemodel)")
    private String weights;

    @Parameters(index = "1", paramLabel = "NET", description = "net definition (prototxt) with a data layer")
    private Path definition;

    @Parameters(index = "2", paramLabel = "BLOBS", description = "names of the blobs, separated by ','")
    private String blobs;

    @Parameters(index = "3", paramLabel = "DBS", description = "databases to make, as many, separated by ','; nothing may be there yet")
    private String databases;

    @Parameters(index = "4", paramLabel = "NUM_MINI_BATCHES", description = "how many batches of the data layer to run")
    private int batches;

    @Parameters(index = "5", paramLabel = "DB_TYPE", description = "lmdb or leveldb")
    private String type;

    @Parameters(index = "6", arity = "0..1", defaultValue = "CPU", paramLabel = "CPU|GPU", description = "where to run; default CPU")
    private String mode;

    @Parameters(index = "7", arity = "0..1", defaultValue = "0", paramLabel = "DEVICE_ID", description = "which GPU; default 0")
    private String device;

    private final List<DatabaseWriter> writers = new ArrayList<>();
    private long[] counts;

    @Override
    String usage() {
        return "extract_features runs a trained net on its data and writes the values of blobs to databases.\n"
                + "Usage: extract_features  pretrained_net_param  feature_extraction_proto_file  extract_feature_blob_name1[,name2,...]"
                + "  save_feature_dataset_name1[,name2,...]  num_mini_batches  db_type  [CPU/GPU] [DEVICE_ID=0]\n"
                + "There may be several blobs and as many databases, separated by ',' without blanks; both lists have the same length.";
    }

    @Override
    void showUsage() {
        LOG.error(usage());
    }

    @Override
    public Integer call() {
        requirePositive(batches, "num_mini_batches");
        DB kind = Flags.backend(type);
        List<String> names = Flags.list(blobs);
        List<String> paths = Flags.list(databases);
        if (names.size() != paths.size()) {
            throw new UsageException("the number of blob names and dataset names must be equal, but there are " + names.size() + " blobs ("
                    + blobs + ") and " + paths.size() + " databases (" + databases + ")");
        }
        String gpu = switch (mode) {
            case "CPU" -> "";
            case "GPU" -> device;
            default -> throw new UsageException("expected CPU or GPU, but found '" + mode + "'");
        };
        try (Context context = Devices.open(gpu, 0);
                Net net = new Net(Flags.withState(PrototxtReader.readNet(definition), Phase.TEST, 0, ""), context)) {
            Flags.load(net, weights);
            List<Blob> features = names.stream().map(name -> feature(net, name)).toList();
            counts = new long[features.size()];
            for (String path : paths) {
                LOG.info("Opening dataset {}", path);
                writers.add(Database.create(kind, Path.of(path)));
            }
            LOG.info("Extracting Features");
            extract(net, names, features);
            writers.forEach(DatabaseWriter::complete);
            writers.forEach(DatabaseWriter::finish);
            LOG.info("Successfully extracted the features!");
        } finally {
            writers.forEach(DatabaseWriter::close);
        }
        return 0;
    }

    private Blob feature(Net net, String name) {
        if (!net.hasBlob(name)) {
            throw new DataException("Unknown feature blob name " + name + " in the network " + definition
                    + NearNames.hint(name, net.blobNames()));
        }
        return net.blobByName(name);
    }

    private void extract(Net net, List<String> names, List<Blob> features) {
        try (Progress progress = Progress.of("extract_features", "batches", batches, false)) {
            for (int batch = 0; batch < batches; batch++) {
                net.forward();
                for (int i = 0; i < features.size(); i++) {
                    write(names.get(i), features.get(i), i);
                }
                progress.update(batch + 1, "");
            }
        }
        for (int i = 0; i < features.size(); i++) {
            if (!DatumRecords.isLineDue(counts[i])) {
                reportCount(names.get(i), i);
            }
        }
    }

    private void write(String name, Blob blob, int index) {
        long[] shape = blob.shape();
        if (shape.length == 0 || shape.length > 4) {
            throw new ShapeException("blob " + name + " has shape " + blob.shapeString() + ": features of an item need 1 to 4 axes, the first"
                    + " of them counting the items");
        }
        FloatBuffer values = blob.data().read();
        int items = Math.toIntExact(shape[0]);
        int size = values.remaining() / Math.max(1, items);
        for (int item = 0; item < items; item++) {
            Datum.Builder datum = Datum.newBuilder().setChannels(axis(shape, 1)).setHeight(axis(shape, 2)).setWidth(axis(shape, 3));
            for (int i = 0; i < size; i++) {
                datum.addFloatData(values.get(item * size + i));
            }
            writers.get(index).put(DatumRecords.key(counts[index]++, 10), datum.build().toByteArray());
            if (DatumRecords.isLineDue(counts[index])) {
                reportCount(name, index);
            }
        }
    }

    /** A dimension of a Datum; an axis that the blob does not have counts as 1. */
    private static int axis(long[] shape, int axis) {
        return axis < shape.length ? Math.toIntExact(shape[axis]) : 1;
    }

    private void reportCount(String name, int index) {
        LOG.info("Extracted features of {} query images for feature blob {}", counts[index], name);
    }
}
