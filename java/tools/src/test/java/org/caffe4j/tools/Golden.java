package org.caffe4j.tools;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.caffe4j.io.FloatArray;

/** Cases recorded from Caffe, which the core module keeps among its test resources. */
final class Golden {
    private static final Path FOLDER = Path.of("..", "core", "src", "test", "resources", "golden");

    private Golden() {}

    /** Folders of the cases of a kind, {@code layers} or {@code solvers}. */
    static List<Path> cases(String kind) {
        try (Stream<Path> folders = Files.list(FOLDER.resolve(kind))) {
            return folders.sorted().toList();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** The folder of what Caffe's tools made. */
    static Path tools() {
        return FOLDER.resolve("tools").toAbsolutePath().normalize();
    }

    /** A copy of a net definition of {@link #tools} whose paths are absolute. */
    static Path withPaths(Path net, Path copy) throws IOException {
        String text = Files.readString(net, StandardCharsets.UTF_8);
        return Files.writeString(copy, text.replaceAll("(source|mean_file|root_folder): \"", "$1: \"" + tools() + "/"), StandardCharsets.UTF_8);
    }

    static Path layer(String name) {
        return FOLDER.resolve("layers").resolve(name);
    }

    /** A copy of a solver's case in a folder, where the paths in its files are absolute. */
    static Path copySolver(Path source, Path target) throws IOException {
        try (Stream<Path> files = Files.list(source)) {
            for (Path file : files.toList()) {
                Files.copy(file, target.resolve(file.getFileName()));
            }
        }
        replace(target.resolve("solver.prototxt"), "\"net.prototxt\"", "\"" + target.resolve("net.prototxt") + "\"");
        replace(target.resolve("solver.prototxt"), "\"snap\"", "\"" + target.resolve("snap") + "\"");
        replace(target.resolve("net.prototxt"), "\"list.txt\"", "\"" + target.resolve("list.txt") + "\"");
        replace(target.resolve("list.txt"), "data.h5", target.resolve("data.h5").toString());
        return target.resolve("solver.prototxt");
    }

    static void replace(Path file, String old, String replacement) throws IOException {
        String text = Files.readString(file, StandardCharsets.UTF_8);
        assertTrue(text.contains(old), file + " has no " + old);
        Files.writeString(file, text.replace(old, replacement), StandardCharsets.UTF_8);
    }

    /** Checks every expected array: the same shape, and no value further off than {@code tolerance} of the array's largest. */
    static void assertClose(Map<String, FloatArray> expected, Map<String, FloatArray> actual, double tolerance) {
        expected.forEach((name, array) -> {
            FloatArray found = actual.get(name);
            assertNotNull(found, "no array " + name + " among " + actual.keySet());
            assertArrayEquals(array.shape(), found.shape(), name);
            double largest = 0;
            for (float value : array.values()) {
                largest = Math.max(largest, Math.abs(value));
            }
            assertArrayEquals(array.values(), found.values(), (float) Math.max(tolerance * largest, 1e-7), name);
        });
    }
}
