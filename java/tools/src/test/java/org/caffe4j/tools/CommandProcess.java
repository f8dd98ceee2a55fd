package org.caffe4j.tools;

import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;

/** A command in a process of its own, for what would end this one or needs limits of its own. */
final class CommandProcess {
    private final Process process;
    private final Path log;

    private CommandProcess(Process process, Path log) {
        this.process = process;
        this.log = log;
    }

    /** Starts a command in a shell after {@code prepare}, for example {@code ulimit -f 100}. */
    static CommandProcess start(Path folder, String prepare, String... arguments) throws IOException {
        return start(folder, prepare, Caffe.class, arguments);
    }

    /** Starts a class's {@code main} in the same way. */
    static CommandProcess start(Path folder, String prepare, Class<?> main, String... arguments) throws IOException {
        List<String> command = new ArrayList<>(List.of("bash", "-c", prepare + "; exec \"$@\"", "bash",
                Path.of(System.getProperty("java.home"), "bin", "java").toString()));
        if (System.getProperty("org.bytedeco.javacpp.cachedir") != null) {
            command.add("-Dorg.bytedeco.javacpp.cachedir=" + System.getProperty("org.bytedeco.javacpp.cachedir"));
        }
        command.addAll(List.of("-cp", System.getProperty("java.class.path"), main.getName()));
        command.addAll(List.of(arguments));
        Path log = folder.resolve("log");
        return new CommandProcess(new ProcessBuilder(command).directory(folder.toFile()).redirectErrorStream(true)
                .redirectOutput(log.toFile()).start(), log);
    }

    /** What it printed so far. */
    String output() throws IOException {
        return Files.readString(log, StandardCharsets.UTF_8);
    }

    /** Waits until it prints something, and fails where it ends before. */
    void await(String text) throws IOException, InterruptedException {
        while (!output().contains(text)) {
            assertTrue(process.isAlive(), output());
            process.waitFor(20, TimeUnit.MILLISECONDS);
        }
    }

    /** As {@code kill -9}. */
    void kill() throws InterruptedException {
        process.destroyForcibly().waitFor();
    }

    /** As {@code kill} or Ctrl-C: asks it to end. */
    void terminate() throws InterruptedException {
        process.destroy();
        process.waitFor();
    }

    /** Waits for its end. @return the exit code */
    int code() throws IOException, InterruptedException {
        boolean ended = process.waitFor(2, TimeUnit.MINUTES);
        process.destroyForcibly();
        assertTrue(ended, "did not end: " + output());
        return process.exitValue();
    }
}
