package org.caffe4j.bench;

import java.io.IOException;
import java.nio.FloatBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.LocalDate;
import java.util.Arrays;
import java.util.Locale;
import org.caffe4j.Context;
import org.caffe4j.Device;
import org.caffe4j.Net;
import org.caffe4j.Phase;
import org.caffe4j.solver.Solver;
import org.caffe4j.solver.SolverFactory;

/**
 * Nets on GPU 0: forward passes as the layers are and optimised, beside what the CPU answers, and iterations of the solver, as two tables in
 * markdown. Arguments: the folder of {@code examples/models} and names of nets in it. Ends with status 77 where there is no GPU.
 */
final class GpuBench {
    private static final int[] BATCHES = {1, 32};
    private static final int TRAINING_BATCH = 64;
    private static final int WARM_UP = 5;
    private static final int ROUNDS = 5;
    private static final double ROUND_SECONDS = 0.15;
    private static final int NO_GPU = 77;

    private GpuBench() {}

    public static void main(String[] args) throws IOException {
        if (Device.cudaCount() == 0) {
            System.err.println("no GPU: " + Device.cudaUnavailabilityCause());
            System.exit(NO_GPU);
        }
        String name = Device.cudaProperties(0).lines().filter(line -> line.startsWith("Name:")).findFirst().orElse("").replaceFirst("Name: *", "");
        System.out.printf("%s, %s, %s.%n%n", name, Device.cudaLibraries(), LocalDate.now());
        System.out.println("| net | batch | layer by layer, ms | optimised, ms | TFLOP/s | largest difference from the CPU |");
        System.out.println("|---|---|---|---|---|---|");
        Path models = Path.of(args[0]);
        for (String net : Arrays.asList(args).subList(1, args.length)) {
            forward(net, models.resolve(net).resolve("deploy.prototxt"));
        }
        System.out.println("\n| net | batch | forward, ms | forward + backward, ms | iteration, ms | copies to the GPU, to the host |");
        System.out.println("|---|---|---|---|---|---|");
        for (String net : Arrays.asList(args).subList(1, args.length)) {
            training(net, models.resolve(net).resolve("train_val.prototxt"));
        }
    }

    private static void forward(String name, Path deploy) throws IOException {
        Path folder = Files.createTempDirectory("caffe4j-bench");
        try {
            NetFiles files = new NetFiles(folder);
            NetCost cost = files.writeCaffe(deploy, 1, 0);
            float[] expected;
            try (Context cpu = Context.cpu(); Net net = open(files, cpu, false)) {
                expected = output(net);
            }
            for (int batch : BATCHES) {
                double[] times = new double[2];
                double worst = 0;
                for (int optimised = 0; optimised < 2; optimised++) {
                    try (Context gpu = Context.cuda(0); Net net = open(files, gpu, optimised > 0)) {
                        worst = Math.max(worst, difference(expected, output(net)));
                        long[] shape = net.inputs().get(0).shape();
                        shape[0] = batch;
                        net.inputs().get(0).reshape(shape);
                        times[optimised] = milliseconds(gpu, net::forward);
                    }
                }
                System.out.printf(Locale.ROOT, "| %s | %d | %.3f | %.3f | %.1f | %.1e |%n", name, batch, times[0], times[1],
                        cost.gflop() * batch / times[1], worst);
            }
        } finally {
            NetFiles.delete(folder);
        }
    }

    private static Net open(NetFiles files, Context context, boolean optimise) {
        Net net = new Net(files.definition(), Phase.TEST, context);
        net.copyTrainedLayersFrom(files.weights());
        if (optimise) {
            net.optimize();
        }
        return net;
    }

    private static float[] output(Net net) {
        Inputs.fill(net.inputs().get(0).data().overwrite());
        net.forward();
        FloatBuffer values = net.outputs().get(0).data().read();
        float[] output = new float[values.remaining()];
        values.get(output);
        return output;
    }

    /** The largest difference, of the largest value. */
    private static double difference(float[] expected, float[] actual) {
        double largest = 0;
        double difference = 0;
        for (int i = 0; i < expected.length; i++) {
            largest = Math.max(largest, Math.abs(expected[i]));
            difference = Math.max(difference, Math.abs(expected[i] - actual[i]));
        }
        return difference / largest;
    }

    private static void training(String name, Path trainVal) {
        try (Context gpu = Context.cuda(0); Solver solver = SolverFactory.create(TrainingNet.solver(trainVal, TRAINING_BATCH), gpu)) {
            Net net = solver.net();
            Inputs.fill(net.blobs().get(0).data().overwrite());
            double forward = milliseconds(gpu, net::forward);
            double both = milliseconds(gpu, () -> {
                net.clearParamDiffs();
                net.forward();
                net.backward();
            });
            double iteration = milliseconds(gpu, () -> solver.step(1));
            Context.Transfers before = gpu.transfers();
            solver.step(1);
            Context.Transfers after = gpu.transfers();
            System.out.printf(Locale.ROOT, "| %s | %d | %.3f | %.3f | %.3f | %d, %d |%n", name, TRAINING_BATCH, forward, both, iteration,
                    after.toDevice() - before.toDevice(), after.toHost() - before.toHost());
        }
    }

    /** The middle one of several rounds' mean times, the GPU's work included. */
    private static double milliseconds(Context gpu, Runnable call) {
        long begin = System.nanoTime();
        for (int i = 0; i < WARM_UP; i++) {
            begin = System.nanoTime();
            call.run();
            gpu.synchronize();
        }
        int calls = (int) Math.max(1, ROUND_SECONDS * 1e9 / (System.nanoTime() - begin));
        double[] times = new double[ROUNDS];
        for (int round = 0; round < ROUNDS; round++) {
            begin = System.nanoTime();
            for (int i = 0; i < calls; i++) {
                call.run();
            }
            gpu.synchronize();
            times[round] = (System.nanoTime() - begin) / 1e6 / calls;
        }
        Arrays.sort(times);
        return times[ROUNDS / 2];
    }
}
