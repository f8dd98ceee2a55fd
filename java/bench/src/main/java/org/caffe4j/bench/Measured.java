package org.caffe4j.bench;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;

/**
 * What one process measured.
 *
 * @param medianMs time of a forward pass
 * @param firstMs loading and the first pass
 * @param peakKb largest resident memory until after the first pass, the JVM included
 * @param reorders layout conversions of one pass, -1 where not counted
 * @param outputSum sum of the absolute output values, by which engines are seen to compute the same
 */
record Measured(double medianMs, double firstMs, long peakKb, long reorders, double outputSum) {
    private static final String MARK = "measured ";

    static String line(double medianMs, double firstMs, long peakKb, long reorders, double outputSum) {
        return String.format(Locale.ROOT, MARK + "%.4f %.2f %d %d %.6g", medianMs, firstMs, peakKb, reorders, outputSum);
    }

    /**
     * Starts {@link OneRun} in a JVM of its own and waits for it.
     *
     * @throws IOException with the last line that the process wrote to its error output, if it failed
     */
    static Measured of(Engine.Kind engine, NetFiles files, int threads, double seconds) throws IOException, InterruptedException {
        Path errors = files.folder().resolve(engine + ".err");
        List<String> command = new ArrayList<>(List.of(Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "-XX:+UseSerialGC", "-Xshare:auto", "-cp", System.getProperty("java.class.path")));
        String cache = System.getProperty("org.bytedeco.javacpp.cachedir");
        if (cache != null) {
            command.add("-Dorg.bytedeco.javacpp.cachedir=" + cache);
        }
        command.addAll(List.of(OneRun.class.getName(), engine.name(), files.folder().toString(), String.valueOf(threads), String.valueOf(seconds)));
        Process process = new ProcessBuilder(command).redirectError(errors.toFile()).start();
        String text = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        process.waitFor();
        for (String line : text.split("\n")) {
            if (line.startsWith(MARK)) {
                String[] parts = line.substring(MARK.length()).split(" ");
                return new Measured(Double.parseDouble(parts[0]), Double.parseDouble(parts[1]), Long.parseLong(parts[2]), Long.parseLong(parts[3]),
                        Double.parseDouble(parts[4]));
            }
        }
        String reason = Files.readAllLines(errors).stream().filter(l -> l.contains("Exception") || l.contains("Error")).findFirst()
                .orElse("exit code " + process.exitValue());
        throw new IOException(reason.replaceFirst("^.*(Exception|Error|error): ", ""));
    }
}
