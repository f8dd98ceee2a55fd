package org.caffe4j.bench;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.LocalDate;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.EnumMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.Callable;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** Times nets beside other engines and prints a table in markdown. */
@Command(name = "ci/bench nets", mixinStandardHelpOptions = true, sortOptions = false,
        description = "Times forward passes of nets in several engines, in turn, each in a process of its own, with the same random weights.")
final class NetBench implements Callable<Integer> {
    @Parameters(paramLabel = "NET", description = "deploy prototxt files; their folder or file name is the net's name")
    private List<Path> nets;

    @Option(names = "--batch", split = ",", defaultValue = "1", description = "batch sizes (${DEFAULT-VALUE})")
    private int[] batches;

    @Option(names = "--image", split = ",", defaultValue = "0", description = "heights and widths of the input; 0 is the file's (${DEFAULT-VALUE})")
    private int[] images;

    @Option(names = "--threads", split = ",", description = "threads of a pass (all processors)")
    private int[] threads = {Runtime.getRuntime().availableProcessors()};

    @Option(names = "--engines", split = ",", description = "which of ${COMPLETION-CANDIDATES} (all)")
    private Engine.Kind[] engines = Engine.Kind.values();

    @Option(names = "--onnx", paramLabel = "NET=FILE", description = "an ONNX file to use for a net instead of one made from the prototxt")
    private Map<String, Path> onnx = Map.of();

    @Option(names = "--rounds", defaultValue = "3", description = "turns that each engine takes; the middle one counts (${DEFAULT-VALUE})")
    private int rounds;

    @Option(names = "--seconds", defaultValue = "2", description = "seconds of passes in a turn (${DEFAULT-VALUE})")
    private double seconds;

    @Option(names = "--peak", required = true, paramLabel = "PROGRAM", description = "the program that measures the processor's peak")
    private Path peak;

    public static void main(String[] args) {
        System.exit(new CommandLine(new NetBench()).setCaseInsensitiveEnumValuesAllowed(true).execute(args));
    }

    @Override
    public Integer call() throws IOException, InterruptedException {
        Machine machine = Machine.measure(peak);
        System.out.printf(Locale.ROOT, "%s, %s, %d threads, %s. ", Machine.processor(), Machine.vectors(), machine.threads(), LocalDate.now());
        System.out.printf(Locale.ROOT, "Peak %.1f GFLOP/s, reading %.1f GB/s.%n%n", machine.gflops(), machine.readGbs());
        System.out.println("| net | batch | image | threads | engine | ms | of the limit | first ms | peak MB | reorders |");
        System.out.println("|---|---|---|---|---|---|---|---|---|---|");
        for (Path net : nets) {
            for (int batch : batches) {
                for (int image : images) {
                    for (int count : threads) {
                        machine = machine.best(Machine.measure(peak));
                        measure(net, batch, image, count, machine);
                    }
                }
            }
        }
        return 0;
    }

    private void measure(Path net, int batch, int image, int count, Machine machine) throws IOException, InterruptedException {
        String name = NetFiles.name(net);
        Path folder = Files.createTempDirectory("caffe4j-bench");
        try {
            NetCost cost = NetFiles.write(net, batch, image, folder, onnx.get(name));
            NetFiles files = new NetFiles(folder);
            Map<Engine.Kind, List<Measured>> results = new EnumMap<>(Engine.Kind.class);
            Map<Engine.Kind, String> failures = new EnumMap<>(Engine.Kind.class);
            for (int round = 0; round < rounds; round++) {
                for (Engine.Kind engine : engines) {
                    try {
                        results.computeIfAbsent(engine, e -> new ArrayList<>()).add(Measured.of(engine, files, count, seconds));
                    } catch (IOException e) {
                        failures.put(engine, e.getMessage());
                    }
                }
            }
            double limit = cost.limit(machine) * machine.threads() / count;
            for (Engine.Kind engine : engines) {
                String start = String.format(Locale.ROOT, "| %s | %d | %s | %d | %s | ", name, batch, image == 0 ? "" : image, count, engine.title);
                if (failures.containsKey(engine)) {
                    System.out.println(start + failures.get(engine) + " | | | | |");
                } else {
                    System.out.println(start + row(results.get(engine), limit));
                }
            }
            System.out.printf(Locale.ROOT, "| %s | %d | %s | %d | *limit* | %.2f | 1.00 | | | |%n", name, batch, image == 0 ? "" : image, count, limit);
            compare(name, results);
        } finally {
            NetFiles.delete(folder);
        }
    }

    private static String row(List<Measured> turns, double limit) {
        Measured middle = turns.stream().sorted(Comparator.comparingDouble(Measured::medianMs)).toList().get(turns.size() / 2);
        long peakKb = turns.stream().mapToLong(Measured::peakKb).max().orElseThrow();
        return String.format(Locale.ROOT, "%.2f | %.2f | %.0f | %.0f | %s |", middle.medianMs(), middle.medianMs() / limit, middle.firstMs(), peakKb / 1024.0,
                middle.reorders() < 0 ? "" : middle.reorders());
    }

    /** Says so where an engine's output differs from the first engine's, lower precisions left out: then the times are not of the same work. */
    private static void compare(String net, Map<Engine.Kind, List<Measured>> results) {
        double[] sums = results.entrySet().stream()
                .filter(entry -> entry.getKey() != Engine.Kind.BF16 && entry.getKey() != Engine.Kind.INT8 && !entry.getValue().isEmpty())
                .mapToDouble(entry -> entry.getValue().get(0).outputSum()).toArray();
        if (Arrays.stream(sums).anyMatch(sum -> Math.abs(sum - sums[0]) > 1e-3 * Math.abs(sums[0]))) {
            System.out.println("\nnet " + net + ": the engines' outputs differ: sums of absolute values " + Arrays.toString(sums) + "\n");
        }
    }
}
