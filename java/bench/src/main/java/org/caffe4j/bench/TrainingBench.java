package org.caffe4j.bench;

import com.google.protobuf.ByteString;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.LocalDate;
import java.util.Arrays;
import java.util.Comparator;
import java.util.Locale;
import java.util.Random;
import java.util.stream.Stream;
import org.caffe4j.Context;
import org.caffe4j.Net;
import org.caffe4j.data.Database;
import org.caffe4j.data.DatabaseWriter;
import org.caffe4j.io.PrototxtReader;
import org.caffe4j.proto.DataParameter.DB;
import org.caffe4j.proto.Datum;
import org.caffe4j.proto.LayerParameter;
import org.caffe4j.proto.NetParameter;
import org.caffe4j.proto.SolverParameter;
import org.caffe4j.solver.Solver;
import org.caffe4j.solver.SolverFactory;

/**
 * Training: forward and backward passes of train_val nets, and whole iterations of Caffe's solver, as a table in markdown. Arguments: the
 * program that measures the processor's peak, the folder of LeNet's solver, and train_val prototxt files. The nets get random images in
 * memory, LeNet records of MNIST's shape from a database.
 */
final class TrainingBench {
    private static final int BATCH = 16;
    private static final int WARM_UP = 3;
    private static final int PASSES = 9;
    private static final int LENET_BATCH = 64;
    private static final int LENET_RECORDS = 6400;
    private static final int LENET_ITERATIONS = 500;
    private static final int CLASSES = 10;

    private TrainingBench() {
    }

    public static void main(String[] args) throws IOException, InterruptedException {
        Path peak = Path.of(args[0]);
        Machine machine = Machine.measure(peak);
        System.out.printf(Locale.ROOT, "%s, %s, %d threads, %s. Peak %.1f GFLOP/s, reading %.1f GB/s.%n%n", Machine.processor(), Machine.vectors(),
                machine.threads(), LocalDate.now(), machine.gflops(), machine.readGbs());
        System.out.println("| net | batch | forward | forward + backward, ms | limit, ms | of the limit | with the update, ms | iterations/s | reorders |");
        System.out.println("|---|---|---|---|---|---|---|---|---|");
        for (String file : Arrays.asList(args).subList(2, args.length)) {
            machine = machine.best(Machine.measure(peak));
            Path path = Path.of(file);
            row(NetFiles.folder(path), TrainingNet.solver(path, BATCH), PASSES, machine);
        }
        Path folder = Files.createTempDirectory("caffe4j-training");
        try {
            writeRecords(folder.resolve("records"));
            SolverParameter.Builder lenet = PrototxtReader.readSolver(Path.of(args[1], "lenet_solver.prototxt")).toBuilder();
            NetParameter net = withRecords(PrototxtReader.readNet(Path.of(args[1], "lenet_train_test.prototxt")), folder.resolve("records"));
            lenet.clearNet().setNetParam(net).clearTestIter().clearTestInterval().clearSnapshot().clearSnapshotPrefix();
            row("lenet", lenet.setSnapshotAfterTrain(false).build(), LENET_ITERATIONS, machine.best(Machine.measure(peak)));
        } finally {
            try (Stream<Path> files = Files.walk(folder)) {
                for (Path file : files.sorted(Comparator.reverseOrder()).toList()) {
                    Files.delete(file);
                }
            }
        }
    }

    /** Measures one net; the update's time is the difference of whole iterations and passes. */
    private static void row(String name, SolverParameter param, int passes, Machine machine) {
        try (Context context = Context.cpu(); Solver solver = SolverFactory.create(param, context)) {
            Net net = solver.net();
            if (net.layers().get(0).type().equals("DummyData")) {
                Inputs.fill(net.blobs().get(0).data().overwrite());
            }
            solver.step(WARM_UP);
            double[] forward = new double[passes];
            double[] both = new double[passes];
            double[] step = new double[passes];
            for (int i = 0; i < passes; i++) {
                long start = System.nanoTime();
                net.clearParamDiffs();
                net.forward();
                long middle = System.nanoTime();
                net.backward();
                forward[i] = (middle - start) / 1e6;
                both[i] = (System.nanoTime() - start) / 1e6;
            }
            long reorders = context.reorders();
            for (int i = 0; i < passes; i++) {
                long start = System.nanoTime();
                solver.step(1);
                step[i] = (System.nanoTime() - start) / 1e6;
            }
            reorders = (context.reorders() - reorders) / passes;
            double limit = 3 * NetCost.of(net).limit(machine);
            System.out.printf(Locale.ROOT, "| %s | %d | %.2f | %.2f | %.2f | %.2f | %.2f | %.1f | %d |%n", name, net.blobs().get(0).shape(0),
                    median(forward), median(both), limit, median(both) / limit, median(step), 1e3 / median(step), reorders);
        }
    }

    private static double median(double[] times) {
        Arrays.sort(times);
        return times[times.length / 2];
    }

    private static NetParameter withRecords(NetParameter net, Path source) {
        NetParameter.Builder result = net.toBuilder().clearLayer();
        for (LayerParameter layer : net.getLayerList()) {
            LayerParameter.Builder copy = layer.toBuilder();
            if (layer.getType().equals("Data")) {
                copy.getDataParamBuilder().setSource(source.toString()).setBackend(DB.LMDB).setBatchSize(LENET_BATCH);
            }
            result.addLayer(copy);
        }
        return result.build();
    }

    /** Records as MNIST's: 1x28x28 bytes, here with the label's pattern under noise. */
    private static void writeRecords(Path path) {
        Random random = new Random(1);
        try (DatabaseWriter writer = Database.create(DB.LMDB, path)) {
            byte[] pixels = new byte[28 * 28];
            for (int i = 0; i < LENET_RECORDS; i++) {
                int label = random.nextInt(CLASSES);
                for (int p = 0; p < pixels.length; p++) {
                    pixels[p] = (byte) (random.nextInt(100) + (p % CLASSES == label ? 100 : 0));
                }
                Datum datum = Datum.newBuilder().setChannels(1).setHeight(28).setWidth(28).setLabel(label).setData(ByteString.copyFrom(pixels)).build();
                writer.put(String.format(Locale.ROOT, "%08d", i).getBytes(StandardCharsets.US_ASCII), datum.toByteArray());
            }
            writer.finish();
        }
    }
}
