package org.caffe4j.bench;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.EnumMap;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.stream.Stream;
import org.caffe4j.Context;
import org.caffe4j.Net;
import org.caffe4j.Phase;
import org.caffe4j.layer.Layer;
import org.caffe4j.optimize.PlanStep;

/**
 * Where the time of an optimised net goes: the steps of its plan by kind, each kind beside the machine's limit for the layers that it
 * computes; and how much memory the values between layers take. Prints tables in markdown. Arguments: the program that measures the peak,
 * seconds for each net, deploy prototxt files.
 */
final class ProfileBench {
    /** What a step is: of which layers, and how they are computed. */
    private enum Kind {
        CONVOLUTION("convolutions"), WINOGRAD("Winograd"), DEPTHWISE("depthwise"), INNER_PRODUCT("inner products"), POOLING("pooling"), LRN("LRN"),
        CONCAT("concatenation"), CONVERSION("conversions"), OTHER("other");

        private final String title;

        Kind(String title) {
            this.title = title;
        }
    }

    private static final int LEAST_PASSES = 10;
    private static final double MS = 1e6;

    private ProfileBench() {}

    public static void main(String[] args) throws IOException, InterruptedException {
        Machine machine = Machine.measure(Path.of(args[0])).best(Machine.measure(Path.of(args[0])));
        double seconds = Double.parseDouble(args[1]);
        System.out.printf(Locale.ROOT, "peak %.1f GFLOP/s, reading %.1f GB/s, %d threads%n%n", machine.gflops(), machine.readGbs(), machine.threads());
        String titles = String.join(" | ", Stream.of(Kind.values()).map(kind -> kind.title).toList());
        System.out.println("| net | " + titles + " | all steps | a pass |\n|---|" + "---|".repeat(Kind.values().length + 2));
        List<String> memory = new ArrayList<>();
        for (Path file : Stream.of(args).skip(2).map(Path::of).toList()) {
            Path folder = Files.createTempDirectory("caffe4j-bench");
            try {
                NetFiles.write(file, 1, 0, folder, null);
                memory.add(profile(NetFiles.name(file), new NetFiles(folder), machine, seconds));
            } finally {
                NetFiles.delete(folder);
            }
        }
        System.out.println("\n| net | bytes of all values | bytes of the plan | share |\n|---|---|---|---|");
        memory.forEach(System.out::println);
    }

    /** Prints a row of the first table and returns one of the second. */
    private static String profile(String name, NetFiles files, Machine machine, double seconds) {
        try (Context context = Context.cpu(machine.threads()); Net net = new Net(files.definition(), Phase.TEST, context)) {
            net.copyTrainedLayersFrom(files.weights());
            Inputs.fill(net.inputs().get(0).data().overwrite());
            net.reshape();
            long all = bytesOfValues(net);
            Map<String, Kind> kinds = new HashMap<>();
            Map<String, Double> layerLimits = new HashMap<>();
            for (int i = 0; i < net.layers().size(); i++) {
                kinds.put(net.layerNames().get(i), kind(net, i));
                layerLimits.put(net.layerNames().get(i), NetCost.of(net, i).limit(machine));
            }
            net.optimize();
            double pass = medianMs(net, seconds / 2);
            Map<Kind, Double> times = new EnumMap<>(Kind.class);
            Map<Kind, Double> limits = new EnumMap<>(Kind.class);
            for (PlanStep step : medianSteps(net, seconds / 2)) {
                Kind kind = kind(step, kinds);
                times.merge(kind, step.nanos() / MS, Double::sum);
                if (kind != Kind.CONVERSION && layerLimits.getOrDefault(step.layer(), 0.0) > 0) {
                    limits.merge(kind, layerLimits.remove(step.layer()), Double::sum);  // once, also for a layer in parts
                }
            }
            StringBuilder row = new StringBuilder("| " + name);
            for (Kind kind : Kind.values()) {
                row.append(" | ").append(times.containsKey(kind) ? String.format(Locale.ROOT, "%.2f", times.get(kind)) : "");
                row.append(limits.containsKey(kind) ? String.format(Locale.ROOT, " (%.2f)", limits.get(kind)) : "");
            }
            double sum = times.values().stream().mapToDouble(Double::doubleValue).sum();
            System.out.printf(Locale.ROOT, "%s | %.2f | %.2f |%n", row, sum, pass);
            long bytes = net.plan().activationBytes();
            return String.format(Locale.ROOT, "| %s | %,d | %,d | %.2f |", name, all, bytes, (double) bytes / all);
        }
    }

    private static Kind kind(PlanStep step, Map<String, Kind> kinds) {
        if (step.kernel().startsWith("reorder") || step.kernel().startsWith("slice")) {
            return Kind.CONVERSION;
        }
        return step.kernel().startsWith("winograd") ? Kind.WINOGRAD : kinds.get(step.layer());
    }

    private static Kind kind(Net net, int layer) {
        return switch (net.layers().get(layer).type()) {
            case "Convolution", "Deconvolution" -> {
                int group = net.layerParam(layer).getConvolutionParam().getGroup();
                yield group > 1 && group == net.bottoms(layer).get(0).shape(1) ? Kind.DEPTHWISE : Kind.CONVOLUTION;
            }
            case "InnerProduct" -> Kind.INNER_PRODUCT;
            case "Pooling" -> Kind.POOLING;
            case "LRN" -> Kind.LRN;
            case "Concat" -> Kind.CONCAT;
            default -> Kind.OTHER;
        };
    }

    /** What the blobs take when each is kept; the tops of Split share what they copy. */
    private static long bytesOfValues(Net net) {
        long bytes = net.blobs().stream().mapToLong(blob -> Float.BYTES * blob.count()).sum();
        for (int i = 0; i < net.layers().size(); i++) {
            Layer layer = net.layers().get(i);
            bytes -= layer.type().equals("Split") ? net.tops(i).stream().mapToLong(top -> Float.BYTES * top.count()).sum() : 0;
        }
        return bytes;
    }

    private static double medianMs(Net net, double seconds) {
        List<Double> times = new ArrayList<>();
        net.forward();
        long end = System.nanoTime() + (long) (seconds * 1e9);
        while (times.size() < LEAST_PASSES || System.nanoTime() < end) {
            long start = System.nanoTime();
            net.forward();
            net.outputs().get(0).data().read();
            times.add((System.nanoTime() - start) / MS);
        }
        Collections.sort(times);
        return times.get(times.size() / 2);
    }

    /** The steps with the middle one of the times that each took. */
    private static List<PlanStep> medianSteps(Net net, double seconds) {
        List<List<PlanStep>> passes = new ArrayList<>();
        long end = System.nanoTime() + (long) (seconds * 1e9);
        while (passes.size() < LEAST_PASSES || System.nanoTime() < end) {
            passes.add(net.timedForward());
        }
        List<PlanStep> steps = new ArrayList<>();
        for (int i = 0; i < passes.get(0).size(); i++) {
            int index = i;
            long[] nanos = passes.stream().mapToLong(pass -> pass.get(index).nanos()).toArray();
            Arrays.sort(nanos);
            PlanStep step = passes.get(0).get(i);
            steps.add(new PlanStep(step.layer(), step.kernel(), step.precision(), nanos[nanos.length / 2]));
        }
        return steps;
    }
}
