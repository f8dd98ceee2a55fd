package org.caffe4j.solver;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.caffe4j.Blob;
import org.caffe4j.CapturedLog;
import org.caffe4j.Close;
import org.caffe4j.Context;
import org.caffe4j.TestDevice;
import org.caffe4j.io.Golden;
import org.caffe4j.io.Npz;
import org.caffe4j.io.PrototxtReader;
import org.caffe4j.proto.SolverParameter;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** Replays trainings recorded from Caffe: the weights after the last iteration, and the log on the way. */
class GoldenSolversTest {
    /** The last of the six digits that the log has may differ; weights are off by 6.3e-7 at most, with OpenBLAS's kernels for AVX2. */
    private static final double TOLERANCE = 2e-5;
    private static final Pattern NUMBER = Pattern.compile("-?\\d+(\\.\\d+)?(e[-+]\\d+)?");
    private static final Pattern LOGGED = Pattern.compile("(Iteration \\d|    T|MultiStep|Snapshotting|Optimization Done).*");

    @TempDir
    Path folder;

    static List<String> cases() throws IOException {
        try (Stream<Path> cases = Files.list(Golden.resource("solvers"))) {
            return cases.map(path -> path.getFileName().toString()).sorted().toList();
        }
    }

    @Test
    void casesAreThere() throws IOException {
        assertFalse(cases().isEmpty());
    }

    @ParameterizedTest
    @MethodSource("cases")
    void replay(String name) throws IOException {
        Path source = Golden.resource("solvers").resolve(name);
        try (Stream<Path> files = Files.list(source)) {
            for (Path file : files.toList()) {
                Files.copy(file, folder.resolve(file.getFileName()));
            }
        }
        Path net = folder.resolve("net.prototxt");
        Files.writeString(net, Files.readString(net).replace("list.txt", folder.resolve("list.txt").toString()));
        SolverParameter.Builder param = PrototxtReader.readSolver(folder.resolve("solver.prototxt")).toBuilder()
                .setNet(net.toString()).setSnapshotPrefix(folder.resolve("snap").toString());
        if (Files.exists(folder.resolve("init.caffemodel"))) {
            param.addWeights(folder.resolve("init.caffemodel").toString());
        }
        try (Context context = TestDevice.context(2);
                Solver solver = SolverFactory.create(param.build(), context);
                CapturedLog log = new CapturedLog()) {
            for (String state : List.of("snap_iter_6.solverstate", "snap_iter_6.solverstate.h5")) {
                if (Files.exists(folder.resolve(state))) {
                    solver.restore(folder.resolve(state));
                }
            }
            solver.solve();
            Npz.read(folder.resolve("expected.npz")).forEach((array, expected) -> {
                int at = array.lastIndexOf(".param");
                Blob blob = solver.net().layerByName(array.substring(0, at)).blobs().get(Integer.parseInt(array.substring(at + 6)));
                Close.check(array, expected, blob.shape(), blob.data().toArray(), TOLERANCE);
            });
            checkLog(Files.readAllLines(folder.resolve("expected.log"), StandardCharsets.UTF_8), log.lines());
        }
    }

    private void checkLog(List<String> recorded, List<String> logged) {
        List<String> expected = recorded.stream().filter(line -> !line.startsWith("caffe.cpp"))
                .map(line -> line.replaceFirst("^\\S+] ", "")).toList();
        List<String> actual = logged.stream().filter(line -> LOGGED.matcher(line).matches())
                .map(line -> line.replace(folder + "/", "").replaceFirst("\\(\\S+ iter/s, \\S+s/", "(_ iter/s, _s/")).toList();
        assertEquals(expected.stream().map(GoldenSolversTest::withoutNumbers).toList(),
                actual.stream().map(GoldenSolversTest::withoutNumbers).toList());
        for (int i = 0; i < expected.size(); i++) {
            List<Double> wanted = numbers(expected.get(i));
            List<Double> found = numbers(actual.get(i));
            for (int j = 0; j < wanted.size(); j++) {
                assertEquals(wanted.get(j), found.get(j), TOLERANCE * Math.max(Math.abs(wanted.get(j)), 0.1), expected.get(i));
            }
        }
    }

    private static String withoutNumbers(String line) {
        return NUMBER.matcher(line).replaceAll("#");
    }

    private static List<Double> numbers(String line) {
        List<Double> numbers = new ArrayList<>();
        Matcher matcher = NUMBER.matcher(line);
        while (matcher.find()) {
            numbers.add(Double.parseDouble(matcher.group()));
        }
        return numbers;
    }
}
