package org.caffe4j.tools;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.caffe4j.Context;
import org.caffe4j.LearnableParam;
import org.caffe4j.LogNumbers;
import org.caffe4j.Net;
import org.caffe4j.Phase;
import org.caffe4j.Tensor;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The lines of {@code debug_info}, {@code caffe test} and {@code caffe time}, word for word as Caffe's; values are computed here. */
class LogLinesTest {
    private static final Pattern MILLISECONDS = Pattern.compile("([\\d.e+-]+) ms\\.$");

    @TempDir
    Path folder;

    private Path solver;
    private Path model;
    private Path weights;

    @BeforeEach
    void files() throws IOException {
        Path recorded = Golden.cases("solvers").stream().filter(path -> path.endsWith("sgd_fixed")).findFirst().orElseThrow();
        solver = Golden.copySolver(recorded, folder);
        model = folder.resolve("net.prototxt");
        weights = folder.resolve("init.caffemodel");
    }

    /** Runs a command that must succeed. @return the lines from the first one that is {@code from} on */
    private static List<String> log(String from, String... arguments) {
        CommandLineRun run = CommandLineRun.of(arguments);
        assertEquals(0, run.code(), run.err());
        assertTrue(run.log().contains(from), run.err());
        return run.log().subList(run.log().indexOf(from), run.log().size());
    }

    private static double asum(Tensor tensor) {
        double sum = 0;
        for (float value : tensor.toArray()) {
            sum += Math.abs(value);
        }
        return sum;
    }

    private static double sumsq(Tensor tensor) {
        double sum = 0;
        for (float value : tensor.toArray()) {
            sum += (double) value * value;
        }
        return sum;
    }

    private static String mean(Tensor tensor) {
        return LogNumbers.format(asum(tensor) / tensor.count());
    }

    /** The lines of one pass forward and backward, which goes layer by layer, since a layer in place changes what the one before it left. */
    private static List<String> debugLines(Net net) {
        List<String> lines = new ArrayList<>();
        int layers = net.layers().size();
        for (int i = 0; i < layers; i++) {
            net.forward(i, i);
            String layer = net.layerNames().get(i);
            for (int j = 0; j < net.tops(i).size(); j++) {
                lines.add("    [Forward] Layer " + layer + ", top blob " + net.topNames(i).get(j) + " data: " + mean(net.tops(i).get(j).data()));
            }
            for (int j = 0; j < net.layers().get(i).blobs().size(); j++) {
                lines.add("    [Forward] Layer " + layer + ", param blob " + j + " data: " + mean(net.layers().get(i).blobs().get(j).data()));
            }
        }
        for (int i = layers - 1; i >= 0; i--) {
            net.backward(i, i);
            String layer = net.layerNames().get(i);
            for (int j = 0; j < net.bottoms(i).size(); j++) {
                if (net.bottomNeedsBackward(i, j)) {
                    lines.add("    [Backward] Layer " + layer + ", bottom blob " + net.bottomNames(i).get(j) + " diff: "
                            + mean(net.bottoms(i).get(j).diff()));
                }
            }
            for (int j = 0; j < net.layers().get(i).blobs().size(); j++) {
                lines.add("    [Backward] Layer " + layer + ", param blob " + j + " diff: " + mean(net.layers().get(i).blobs().get(j).diff()));
            }
        }
        return lines;
    }

    @Test
    void debugInfoOfATraining() throws IOException {
        Golden.replace(solver, "max_iter: 12", "max_iter: 1 debug_info: true test_initialization: false");
        List<String> expected;
        try (Context context = Context.cpu(2); Net net = Net.open(model, Phase.TRAIN, context)) {
            net.copyTrainedLayersFrom(weights);
            expected = debugLines(net);
            double[] norms = new double[4];
            for (LearnableParam param : net.learnableParams()) {
                norms[0] += asum(param.blob().data());
                norms[1] += asum(param.blob().diff());
                norms[2] += sumsq(param.blob().data());
                norms[3] += sumsq(param.blob().diff());
            }
            expected.add("    [Backward] All net params (data, diff): L1 norm = (" + LogNumbers.format(norms[0]) + ", "
                    + LogNumbers.format(norms[1]) + "); L2 norm = (" + LogNumbers.format(Math.sqrt(norms[2])) + ", "
                    + LogNumbers.format(Math.sqrt(norms[3])) + ")");
        }
        List<String> log = log("Learning Rate Policy: fixed", "train", "--solver=" + solver, "--weights=" + weights);
        assertEquals(expected, log.subList(1, 1 + expected.size()));
        assertTrue(log.get(1 + expected.size()).startsWith("Iteration 0 ("), log.get(1 + expected.size()));
    }

    @Test
    void batchesAndMeansOfATest() throws IOException {
        Golden.replace(model, "type: \"SoftmaxWithLoss\"", "type: \"SoftmaxWithLoss\" loss_weight: 0.5");
        List<String> expected = new ArrayList<>(List.of("Running for 3 iterations."));
        try (Context context = Context.cpu(2); Net net = Net.open(model, Phase.TEST, context)) {
            net.copyTrainedLayersFrom(weights);
            double accuracy = 0;
            double loss = 0;
            double total = 0;
            for (int batch = 0; batch < 3; batch++) {
                total += net.forward();
                float[] values = {net.blobByName("accuracy").data().toArray()[0], net.blobByName("loss").data().toArray()[0]};
                expected.add("Batch " + batch + ", accuracy = " + LogNumbers.format(values[0]));
                expected.add("Batch " + batch + ", loss = " + LogNumbers.format(values[1]));
                accuracy += values[0];
                loss += values[1];
            }
            assertEquals(loss / 2, total, 1e-5);
            expected.add("Loss: " + LogNumbers.format((float) (total / 3)));
            expected.add("accuracy = " + LogNumbers.format((float) (accuracy / 3)));
            expected.add("loss = " + LogNumbers.format((float) (loss / 3)) + " (* 0.5 = " + LogNumbers.format(0.5f * (float) (loss / 3)) + " loss)");
        }
        assertEquals(expected, log("Running for 3 iterations.", "test", "--model=" + model, "--weights=" + weights, "--iterations=3"));
    }

    private static double milliseconds(String line) {
        Matcher matcher = MILLISECONDS.matcher(line);
        assertTrue(matcher.find(), line);
        return Double.parseDouble(matcher.group(1));
    }

    @Test
    void timesOfLayers() {
        List<String> log = log("*** Benchmark begins ***", "time", "--model=" + model, "--iterations=3", "-phase", "TEST");
        List<String> expected = new ArrayList<>(List.of("*** Benchmark begins ***", "Testing for 3 iterations."));
        for (int i = 1; i <= 3; i++) {
            expected.add("Iteration: " + i + " forward-backward time: _ ms.");
        }
        expected.add("Average time per layer: ");
        for (String layer : List.of("      data", "label_data_1_split", "      conv", "      relu", "      pool", "        ip", "ip_ip_0_split",
                "      loss", "  accuracy")) {
            expected.add(layer + "\tforward: _ ms.");
            expected.add(layer + "\tbackward: _ ms.");
        }
        expected.addAll(List.of("Average Forward pass: _ ms.", "Average Backward pass: _ ms.", "Average Forward-Backward: _ ms.",
                "Total Time: _ ms.", "*** Benchmark ends ***"));
        assertEquals(expected, log.stream().map(line -> MILLISECONDS.matcher(line).replaceAll("_ ms.")).toList());
        int end = log.size() - 1;
        double forwardBackward = milliseconds(log.get(end - 2));
        assertEquals(milliseconds(log.get(end - 1)), 3 * forwardBackward, 1e-4 * forwardBackward);
        assertTrue(milliseconds(log.get(end - 4)) + milliseconds(log.get(end - 3)) <= 1.0001 * forwardBackward, log.toString());
    }
}
