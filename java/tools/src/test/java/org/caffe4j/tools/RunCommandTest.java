package org.caffe4j.tools;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.caffe4j.io.FloatArray;
import org.caffe4j.io.Npz;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.MethodSource;

class RunCommandTest {
    private static final String SHARED = """
            name: 'shared' force_backward: true
            layer { name: 'in' type: 'Input' top: 'x' input_param { shape { dim: 1 dim: 2 } } }
            layer { name: 'a' type: 'ReLU' bottom: 'x' top: 'a' }
            layer { name: 'b' type: 'ReLU' bottom: 'x' top: 'b' }
            """;

    @TempDir
    Path folder;

    static List<Path> cases() {
        return Golden.cases("layers");
    }

    @ParameterizedTest(name = "{0}")
    @MethodSource("cases")
    void recordedActivationsAndGradients(Path recorded) throws IOException {
        Path output = folder.resolve("out.npz");
        List<String> arguments = new ArrayList<>(List.of("run", "--model=" + recorded.resolve("net.prototxt"), "--output=" + output, "--backward"));
        if (Files.exists(recorded.resolve("weights.caffemodel"))) {
            arguments.add("--weights=" + recorded.resolve("weights.caffemodel"));
        }
        if (Files.exists(recorded.resolve("in.npz"))) {
            arguments.add("--input=" + recorded.resolve("in.npz"));
        }
        if (recorded.endsWith("BatchNorm_2")) {
            arguments.add("--phase=TRAIN");
        }
        CommandLineRun run = CommandLineRun.of(arguments.toArray(String[]::new));
        assertEquals(0, run.code(), run.err());
        Map<String, FloatArray> expected = new LinkedHashMap<>(Npz.read(recorded.resolve("expected.npz")));
        expected.keySet().removeIf(name -> name.matches(".*_split_\\d+(\\.diff)?"));
        Golden.assertClose(expected, Npz.read(output), 5e-5);
    }

    private CommandLineRun run(String net, Map<String, FloatArray> arrays, String... more) throws IOException {
        Path model = Files.writeString(folder.resolve("net.prototxt"), net, StandardCharsets.UTF_8);
        Npz.write(folder.resolve("in.npz"), arrays);
        List<String> arguments = new ArrayList<>(List.of("run", "--model", model.toString(), "--input", folder.resolve("in.npz").toString(),
                "--output", folder.resolve("out.npz").toString()));
        arguments.addAll(List.of(more));
        return CommandLineRun.of(arguments.toArray(String[]::new));
    }

    private static FloatArray array(long[] shape, float... values) {
        return new FloatArray(shape, values);
    }

    @Test
    void arraysReshapeTheNetAndSplitsDoNotShow() throws IOException {
        CommandLineRun run = run(SHARED, Map.of("x", array(new long[] {3, 1}, -1, 2, 3), "a.diff", array(new long[] {3, 1}, 10, 20, 30),
                "b.diff", array(new long[] {3, 1}, 1, 2, 3)), "--backward");
        assertEquals(0, run.code(), run.err());
        Map<String, FloatArray> out = Npz.read(folder.resolve("out.npz"));
        assertEquals(List.of("x", "a", "b", "x.diff", "a.diff", "b.diff"), List.copyOf(out.keySet()));
        assertArrayEquals(new long[] {3, 1}, out.get("a").shape());
        assertArrayEquals(new float[] {0, 2, 3}, out.get("b").values());
        assertArrayEquals(new float[] {0, 22, 33}, out.get("x.diff").values());
    }

    @Test
    void withoutBackwardThereAreNoGradientsAndAMissingInputStaysZero() throws IOException {
        CommandLineRun run = run(SHARED, Map.of());
        assertEquals(0, run.code(), run.err());
        assertTrue(run.err().contains("] Input blob x is in no array"), run.err());
        Map<String, FloatArray> out = Npz.read(folder.resolve("out.npz"));
        assertEquals(List.of("x", "a", "b"), List.copyOf(out.keySet()));
        assertArrayEquals(new float[] {0, 0}, out.get("a").values());
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', value = {
        "y | array 'y' has the name of no input blob of",
        "x.diff | seeds the gradient of a blob that is no output of",
        "a.diff | has shape 3 (3), but output blob a has shape 1 2 (2)"})
    void aWrongArrayIsOneLine(String name, String message) throws IOException {
        CommandLineRun run = run(SHARED, Map.of(name, array(new long[] {3}, 1, 2, 3)), "--backward");
        assertEquals(1, run.code());
        String last = run.log().get(run.log().size() - 1);
        assertTrue(last.contains(message), run.err());
        assertFalse(Files.exists(folder.resolve("out.npz")));
    }

    @Test
    void aMissingFileAndAMissingFlagAreOneLine() throws IOException {
        CommandLineRun run = CommandLineRun.of("run", "--model=" + folder.resolve("none.prototxt"), "--output=" + folder.resolve("out.npz"));
        assertEquals(1, run.code());
        assertTrue(run.log().get(run.log().size() - 1).contains(folder.resolve("none.prototxt").toString()), run.err());
        run = CommandLineRun.of("run", "--output=x.npz");
        assertEquals(1, run.code());
        assertTrue(run.err().startsWith("ERROR: Missing required option: '--model=FILE'"), run.err());
        run = run(SHARED, Map.of(), "--phase=train");
        assertEquals(0, run.code(), run.err());
        run = run(SHARED, Map.of(), "--phase=both");
        assertEquals(1, run.code());
        assertEquals("ERROR: illegal value 'both' specified for flag 'phase': expected TRAIN or TEST", run.err().strip());
    }
}
