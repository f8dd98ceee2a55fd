package org.caffe4j;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;

/** For tests: runs a Java source file with the java launcher and the tests' class path, as a user does. */
public final class JavaProgram {
    private JavaProgram() {
    }

    /** Everything that the program prints; it must end with status 0. @param folder to run in */
    public static String run(Path folder, Path source) throws IOException, InterruptedException {
        return run(folder, source.toString());
    }

    /** As {@link #run(Path, Path)}; {@code arguments} are the launcher's: options, and a source file or a class with what it is given. */
    public static String run(Path folder, String... arguments) throws IOException, InterruptedException {
        Path output = folder.resolve("output");
        List<String> command = new ArrayList<>(List.of(Path.of(System.getProperty("java.home"), "bin", "java").toString()));
        for (String property : List.of("org.bytedeco.javacpp.cachedir", "org.slf4j.simpleLogger.defaultLogLevel")) {
            if (System.getProperty(property) != null) {
                command.add("-D" + property + "=" + System.getProperty(property));
            }
        }
        command.addAll(List.of("-cp", System.getProperty("java.class.path")));
        command.addAll(List.of(arguments));
        Process process = new ProcessBuilder(command).directory(folder.toFile()).redirectErrorStream(true).redirectOutput(output.toFile()).start();
        boolean ended = process.waitFor(5, TimeUnit.MINUTES);
        process.destroyForcibly();
        String text = Files.readString(output, StandardCharsets.UTF_8);
        assertTrue(ended, "did not end: " + text);
        assertEquals(0, process.exitValue(), text);
        return text;
    }
}
