package org.caffe4j.tools;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.FloatBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.caffe4j.Device;
import org.caffe4j.io.FloatArray;
import org.caffe4j.io.Npz;
import org.caffe4j.io.Weights;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.MethodSource;

class TrainCommandTest {
    private static final Pattern NUMBER = Pattern.compile("(?<![\\w#])-?\\d+(\\.\\d+)?(e[-+]?\\d+)?(?![\\w)])");

    @TempDir
    Path folder;

    static List<Path> cases() {
        return Golden.cases("solvers");
    }

    @ParameterizedTest(name = "{0}")
    @MethodSource("cases")
    void recordedTraining(Path recorded) throws IOException {
        Path solver = Golden.copySolver(recorded, folder);
        List<String> arguments = new ArrayList<>(List.of("train", "--solver=" + solver));
        if (Files.exists(folder.resolve("init.caffemodel"))) {
            arguments.add("-weights=" + folder.resolve("init.caffemodel"));
        } else {
            boolean hdf5 = Files.exists(folder.resolve("snap_iter_6.solverstate.h5"));
            arguments.addAll(List.of("-snapshot", folder.resolve("snap_iter_6.solverstate" + (hdf5 ? ".h5" : "")).toString()));
        }
        CommandLineRun run = CommandLineRun.of(arguments.toArray(String[]::new));
        assertEquals(0, run.code(), run.err());
        assertSameLog(Files.readAllLines(recorded.resolve("expected.log"), StandardCharsets.UTF_8), run.log());
        Golden.assertClose(Npz.read(recorded.resolve("expected.npz")), weights(), 1e-5);
    }

    /** The weights of the last snapshot, named as in the recorded archives. */
    private Map<String, FloatArray> weights() {
        Path binary = folder.resolve("snap_iter_12.caffemodel");
        Map<String, FloatArray> arrays = new LinkedHashMap<>();
        try (Weights weights = Weights.read(Files.exists(binary) ? binary : folder.resolve("snap_iter_12.caffemodel.h5"))) {
            weights.layers().forEach(layer -> {
                for (int i = 0; i < layer.blobs().size(); i++) {
                    float[] values = new float[Math.toIntExact(layer.blobs().get(i).count())];
                    layer.blobs().get(i).copyTo(FloatBuffer.wrap(values));
                    arrays.put(layer.name() + ".param" + i, new FloatArray(layer.blobs().get(i).shape(), values));
                }
            });
        }
        return arrays;
    }

    /**
     * From the start of the optimization on the log is Caffe's, letter by letter, but for times. The recorded logs lack the lines about
     * clipping. Where OpenBLAS takes other kernels than those that Caffe was recorded with, the last of six digits may differ, as between
     * two machines that run Caffe.
     */
    private void assertSameLog(List<String> expected, List<String> log) throws IOException {
        List<String> wanted = expected.stream().map(line -> plain(line.replaceFirst("^\\S+:\\d+\\] ", ""))).toList();
        int start = log.indexOf(log.stream().filter(line -> line.startsWith("Learning Rate Policy: ")).findFirst().orElseThrow());
        List<String> found = log.subList(start + 1, log.size()).stream().map(this::plain)
                .filter(line -> !line.startsWith("Gradient clipping: scaling down gradients (L2 norm ")).toList();
        if (hasRecordedKernels()) {
            assertEquals(wanted, found);
            return;
        }
        System.out.println("This processor has no AVX-512, so OpenBLAS adds in another order than when the logs were recorded: the last digit"
                + " is not compared");
        assertEquals(wanted.stream().map(TrainCommandTest::words).toList(), found.stream().map(TrainCommandTest::words).toList());
        for (int i = 0; i < wanted.size(); i++) {
            double[] numbers = numbers(wanted.get(i));
            for (int j = 0; j < numbers.length; j++) {
                assertEquals(numbers[j], numbers(found.get(i))[j], 1e-5 * Math.abs(numbers[j]), wanted.get(i) + " / " + found.get(i));
            }
        }
    }

    private static boolean hasRecordedKernels() throws IOException {
        Path processor = Path.of("/proc/cpuinfo");
        return Files.exists(processor) && Files.readString(processor).contains(" avx512vl") && System.getenv("OPENBLAS_CORETYPE") == null;
    }

    private String plain(String line) {
        return line.replace(folder + "/", "").replaceFirst("\\(\\S+ iter/s, \\S+s/(\\d+) iters\\)", "(_ iter/s, _s/$1 iters)");
    }

    private static String words(String line) {
        return NUMBER.matcher(line).replaceAll("N");
    }

    private static double[] numbers(String line) {
        Matcher matcher = NUMBER.matcher(line);
        return matcher.results().mapToDouble(result -> Double.parseDouble(result.group())).toArray();
    }

    private Path solverOf(String name) throws IOException {
        return Golden.copySolver(Golden.cases("solvers").stream().filter(path -> path.endsWith(name)).findFirst().orElseThrow(), folder);
    }

    @Test
    void replicasTrainTogetherAndTheRootAloneLogs() throws IOException {
        Path solver = solverOf("sgd_fixed");
        CommandLineRun run = CommandLineRun.of("train", "--solver=" + solver, "--replicas=2", "--threads=2");
        assertEquals(0, run.code(), run.err());
        assertEquals(1, run.log().stream().filter(line -> line.equals("Solver scaffolding done.")).count(), run.err());
        assertEquals(1, run.log().stream().filter(line -> line.startsWith("Iteration 0 (")).count(), run.err());
        assertTrue(Files.exists(folder.resolve("snap_iter_12.caffemodel")));
        CommandLineRun none = CommandLineRun.of("train", "--solver=" + solver, "--replicas=0");
        assertEquals(1, none.code());
        assertTrue(none.err().contains("replicas"), none.err());
        CommandLineRun threads = CommandLineRun.of("train", "--solver=" + solver, "--replicas=2", "--threads=-1");
        assertEquals(1, threads.code());
        assertEquals("ERROR: illegal value '-1' specified for flag 'threads': expected 0 (all) or more", threads.log().get(threads.log().size() - 1));
    }

    @Test
    void anInterruptStopsAndSnapshots() throws Exception {
        Path solver = solverOf("sgd_fixed");
        Golden.replace(solver, "max_iter: 12", "max_iter: 100000000");
        Golden.replace(solver, "display: 3", "display: 0 snapshot: 50000000");
        CompletableFuture<CommandLineRun> training = CompletableFuture.supplyAsync(() -> CommandLineRun.of("train", "--solver=" + solver,
                "--sighup_effect=stop", "--sigint_effect=none"));
        // The handlers are in place when the solver writes; until then the signals would end the tests.
        awaitIterations(training);
        send("INT");
        send("HUP");
        CommandLineRun run = training.get(30, TimeUnit.SECONDS);
        assertEquals(0, run.code(), run.err());
        assertTrue(run.log().contains("Optimization stopped early."), run.err());
        assertEquals("Optimization Done.", run.log().get(run.log().size() - 1));
        assertTrue(run.err().contains("Snapshotting to binary proto file " + folder.resolve("snap_iter_")), run.err());
    }

    private static void send(String signal) throws IOException, InterruptedException {
        Process kill = new ProcessBuilder("kill", "-" + signal, Long.toString(ProcessHandle.current().pid())).start();
        assertEquals(0, kill.waitFor());
    }

    private static void awaitIterations(CompletableFuture<CommandLineRun> training) throws InterruptedException {
        long deadline = System.nanoTime() + TimeUnit.SECONDS.toNanos(30);
        while (SignalEffects.active() == 0 && !training.isDone() && System.nanoTime() < deadline) {
            Thread.sleep(5);
        }
        assertEquals(1, SignalEffects.active());
        Thread.sleep(50);
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', value = {
        "train | caffe train needs --solver, for example --solver=lenet_solver.prototxt",
        "test --weights=w | caffe test needs --model, for example --model=train_val.prototxt",
        "test --model=m | caffe test needs --weights, for example --weights=net.caffemodel",
        "time | caffe time needs --model, for example --model=deploy.prototxt",
        "time --model=m --threads=-1 | illegal value '-1' specified for flag 'threads': expected 0 (all) or more",
        "time --model=m --iterations=0 | illegal value '0' specified for flag 'iterations': expected 1 or more",
        "train --solver=s --snapshot=a --weights=b | caffe train takes --snapshot to resume training or --weights to start from trained weights, not both",
        "train --solver=s --sigint_effect=explode | illegal value 'explode' specified for flag 'sigint_effect': expected stop, snapshot or none"})
    void misuseIsOneLine(String arguments, String message) {
        CommandLineRun run = CommandLineRun.of(arguments.split(" "));
        assertEquals(1, run.code());
        assertEquals(List.of("ERROR: " + message), run.log());
    }

    @Test
    void aSolverFileThatWantsAGpuSaysWhatToWrite() throws IOException {
        Assumptions.assumeTrue(Device.cudaCount() == 0, "this machine has a GPU");
        Path solver = solverOf("sgd_fixed");
        Golden.replace(solver, "solver_mode: CPU", "solver_mode: GPU");
        CommandLineRun run = CommandLineRun.of("train", "--solver", solver.toString());
        assertEquals(1, run.code());
        String last = run.log().get(run.log().size() - 1);
        assertTrue(last.startsWith(solver + ": solver_mode is GPU, but no GPU can be used: "), last);
        assertTrue(last.endsWith("write solver_mode: CPU to train on the CPU"), last);
        Golden.replace(solver, "solver_mode: GPU", "");
        Golden.replace(solver, "max_iter: 12", "max_iter: 1");
        assertEquals(0, CommandLineRun.of("train", "--solver", solver.toString()).code());
    }

    @Test
    void levelAndStagesGoToTheTrainingNet() throws IOException {
        Path solver = solverOf("sgd_fixed");
        Golden.replace(solver, "max_iter: 12", "max_iter: 1");
        Golden.replace(folder.resolve("net.prototxt"), "layer { name: \"relu\"", "layer { name: \"relu\" include { min_level: 2 stage: 'b' }");
        CommandLineRun with = CommandLineRun.of("train", "--solver", solver.toString(), "--level=2", "--stage=a,b");
        assertEquals(0, with.code(), with.err());
        assertTrue(with.log().contains("Creating Layer relu"), with.err());
        CommandLineRun without = CommandLineRun.of("train", "--solver", solver.toString(), "--level=2", "--stage=a");
        assertEquals(0, without.code(), without.err());
        assertTrue(!without.log().contains("Creating Layer relu"), without.err());
    }

    @Test
    void metricsOfAResumedTrainingGoOnBehindThoseOfTheFirst() throws IOException {
        Path solver = solverOf("sgd_step");
        Golden.replace(solver, "max_iter: 12", "max_iter: 12 snapshot: 6");
        for (String extension : List.of("csv", "jsonl")) {
            Path file = folder.resolve("metrics." + extension);
            String weights = "--weights=" + folder.resolve("init.caffemodel");
            assertEquals(0, CommandLineRun.of("train", "--solver=" + solver, weights, "--metrics=" + file).code());
            List<String> whole = Files.readAllLines(file);
            Files.writeString(file, "{\"iteration\": 7, \"sec", StandardOpenOption.APPEND);
            CommandLineRun resumed = CommandLineRun.of("train", "--solver=" + solver, "--metrics", file.toString(),
                    "--snapshot=" + folder.resolve("snap_iter_6.solverstate"));
            assertEquals(0, resumed.code(), resumed.err());
            assertEquals(whole.stream().map(TrainCommandTest::withoutSeconds).toList(),
                    Files.readAllLines(file).stream().map(TrainCommandTest::withoutSeconds).toList());
        }
        List<String> csv = Files.readAllLines(folder.resolve("metrics.csv")).stream().map(TrainCommandTest::withoutSeconds).toList();
        assertEquals("iteration,seconds,lr,loss,train_loss,test_accuracy,test_loss", Files.readAllLines(folder.resolve("metrics.csv")).get(0));
        assertTrue(csv.get(1).matches("0,_,0.05,,,0.25,1.681\\d*"), csv.get(1));
        assertTrue(csv.get(2).matches("0,_,0.05,(2.5536\\d*),\\1,,"), csv.get(2));
        assertEquals(List.of("0", "0", "3", "6", "6", "9", "12"), csv.stream().skip(1).map(line -> line.split(",")[0]).toList());
        assertTrue(Files.readAllLines(folder.resolve("metrics.jsonl")).get(1).matches(
                "\\{\"iteration\":0,\"seconds\":[\\d.]+,\"lr\":0.05,\"loss\":2.5536\\d*,\"train_loss\":2.5536\\d*}"));
    }

    private static String withoutSeconds(String line) {
        return line.replaceFirst("^(\\d+),[\\d.]+,", "$1,_,").replaceFirst("\"seconds\":[\\d.]+", "");
    }

    @Test
    void metricsNeedANameAndAFolder() throws IOException {
        Path solver = solverOf("sgd_fixed");
        assertTrue(CommandLineRun.of("train", "--solver=" + solver, "--metrics=m.txt").err().contains("Metrics are written as .csv or .jsonl"));
        CommandLineRun missing = CommandLineRun.of("train", "--solver=" + solver, "--metrics=" + folder.resolve("none/m.csv"));
        assertTrue(missing.err().contains(folder.resolve("none") + " is no folder that can be written"), missing.err());
    }
}
