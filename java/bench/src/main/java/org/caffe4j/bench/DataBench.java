package org.caffe4j.bench;

import com.google.protobuf.ByteString;
import java.io.IOException;
import java.nio.FloatBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Comparator;
import java.util.List;
import java.util.Locale;
import java.util.Random;
import java.util.stream.Stream;
import org.caffe4j.Context;
import org.caffe4j.Net;
import org.caffe4j.Phase;
import org.caffe4j.data.Database;
import org.caffe4j.data.DatabaseWriter;
import org.caffe4j.io.Image;
import org.caffe4j.io.Images;
import org.caffe4j.io.MeanFile;
import org.caffe4j.io.PrototxtReader;
import org.caffe4j.layer.data.DataLayer;
import org.caffe4j.proto.DataParameter.DB;
import org.caffe4j.proto.Datum;
import org.caffe4j.proto.NetParameter;
import org.caffe4j.proto.SolverParameter;
import org.caffe4j.solver.Solver;
import org.caffe4j.solver.SolverFactory;

/**
 * Images a second that a Data layer gives, from records of 3×256×256 in databases that it makes in a temporary folder, and how often a
 * training has to wait for them. Arguments: a train_val prototxt and a number of iterations, for the training; without them there is none.
 */
final class DataBench {
    private static final int SIDE = 256;
    private static final int BATCH = 64;
    private static final int RECORDS = 1000;
    private static final int RUNS = 5;

    private DataBench() {
    }

    public static void main(String[] args) throws IOException {
        Path folder = Files.createTempDirectory("caffe4j-data");
        try {
            Path mean = folder.resolve("mean.binaryproto");
            float[] values = new float[3 * SIDE * SIDE];
            for (int i = 0; i < values.length; i++) {
                values[i] = 100 + i % 41;
            }
            MeanFile.write(mean, 3, SIDE, SIDE, FloatBuffer.wrap(values));
            System.out.printf(Locale.ROOT, "Data layer, records 3x%dx%d, crop 227, mirror, mean file, batch %d, %d threads%n", SIDE, SIDE,
                BATCH, Runtime.getRuntime().availableProcessors());
            for (DB backend : DB.values()) {
                for (boolean jpeg : new boolean[] {false, true}) {
                    Path source = folder.resolve(backend + (jpeg ? "_jpeg" : "_raw"));
                    int bytes = write(backend, source, jpeg);
                    System.out.printf(Locale.ROOT, "%-8s %-5s %7d bytes a record %9.0f images/s%n", backend, jpeg ? "JPEG" : "raw", bytes,
                        rate(layer(backend, source, mean)));
                }
            }
            if (args.length == 2) {
                for (String kind : List.of("raw", "jpeg")) {
                    train(Path.of(args[0]), Integer.parseInt(args[1]), layer(DB.LMDB, folder.resolve("LMDB_" + kind), mean), kind);
                }
            }
        } finally {
            try (Stream<Path> files = Files.walk(folder)) {
                for (Path file : files.sorted(Comparator.reverseOrder()).toList()) {
                    Files.delete(file);
                }
            }
        }
    }

    private static String layer(DB backend, Path source, Path mean) {
        return "layer { name: 'data' type: 'Data' top: 'data' top: 'label' include { phase: TRAIN } transform_param { crop_size: 227 "
            + "mirror: true mean_file: '" + mean + "' } data_param { source: '" + source + "' backend: " + backend + " batch_size: " + BATCH
            + " } }";
    }

    /** Makes a database of images with soft shapes and some noise, as photographs have; the mean size of a record. */
    private static int write(DB backend, Path path, boolean jpeg) {
        Random random = new Random(1);
        long bytes = 0;
        try (DatabaseWriter writer = Database.create(backend, path)) {
            for (int i = 0; i < RECORDS; i++) {
                Datum.Builder datum = Datum.newBuilder().setLabel(i % 1000);
                byte[] pixels = pixels(random, jpeg);
                if (jpeg) {
                    datum.setEncoded(true).setData(ByteString.copyFrom(Images.encode(new Image(SIDE, SIDE, 3, pixels), "jpg")));
                } else {
                    datum.setChannels(3).setHeight(SIDE).setWidth(SIDE).setData(ByteString.copyFrom(pixels));
                }
                bytes += datum.getData().size();
                writer.put(String.format(Locale.ROOT, "%08d", i).getBytes(StandardCharsets.UTF_8), datum.build().toByteArray());
            }
            writer.finish();
        }
        return (int) (bytes / RECORDS);
    }

    private static byte[] pixels(Random random, boolean interleaved) {
        byte[] pixels = new byte[3 * SIDE * SIDE];
        for (int c = 0; c < 3; c++) {
            double across = random.nextDouble() / 10;
            double down = random.nextDouble() / 10;
            for (int y = 0; y < SIDE; y++) {
                for (int x = 0; x < SIDE; x++) {
                    double value = 128 + 60 * Math.sin(across * x + c) + 50 * Math.cos(down * y) + 40 * (random.nextDouble() - 0.5);
                    pixels[interleaved ? (y * SIDE + x) * 3 + c : (c * SIDE + y) * SIDE + x] = (byte) Math.max(0, Math.min(255, value));
                }
            }
        }
        return pixels;
    }

    /** The middle one of several runs over all records. */
    private static double rate(String layer) {
        double[] rates = new double[RUNS];
        try (Context context = Context.cpu(); Net net = new Net(PrototxtReader.parseNet(layer, "bench"), Phase.TRAIN, context)) {
            int batches = 2 * RECORDS / BATCH;
            for (int run = -1; run < RUNS; run++) {
                long start = System.nanoTime();
                for (int i = 0; i < batches; i++) {
                    net.forward();
                }
                if (run >= 0) {
                    rates[run] = batches * BATCH / ((System.nanoTime() - start) / 1e9);
                }
            }
        }
        Arrays.sort(rates);
        return rates[RUNS / 2];
    }

    private static void train(Path file, int iterations, String layer, String kind) {
        NetParameter.Builder net = PrototxtReader.readNet(file).toBuilder();
        while (net.getLayer(0).getType().equals("Data")) {
            net.removeLayer(0);
        }
        net.addLayer(0, PrototxtReader.parseNet(layer, "bench").getLayer(0));
        SolverParameter param = SolverParameter.newBuilder().setTrainNetParam(net).setBaseLr(1e-4f).setLrPolicy("fixed").setMomentum(0.9f)
            .setMaxIter(iterations).setSnapshotAfterTrain(false).setRandomSeed(1).build();
        try (Context context = Context.cpu(); Solver solver = SolverFactory.create(param, context)) {
            DataLayer data = (DataLayer) solver.net().layerByName("data");
            solver.step(1);
            long before = data.waits();
            long start = System.nanoTime();
            solver.step(iterations);
            double seconds = (System.nanoTime() - start) / 1e9;
            System.out.printf(Locale.ROOT, "training %s, batch %d, from %s records: %d iterations of %.0f ms, %d of them waited for data%n",
                net.getName(), BATCH, kind, iterations, 1000 * seconds / iterations, data.waits() - before);
        }
    }
}
