package org.caffe4j.bench;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.Map;

/**
 * What the processor can do at most, measured by the program {@code peak}.
 *
 * @param threads threads of the measurement
 * @param gflops multiply-adds from registers, in 10^9 operations a second (two a multiply-add)
 * @param readGbs bandwidth of reading memory, in 10^9 bytes a second
 */
record Machine(int threads, double gflops, double readGbs) {

    static Machine measure(Path peak) throws IOException, InterruptedException {
        Process process = new ProcessBuilder(peak.toString()).redirectError(ProcessBuilder.Redirect.INHERIT).start();
        String text = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        if (process.waitFor() != 0) {
            throw new IOException(peak + " ended with exit code " + process.exitValue());
        }
        Map<String, Double> numbers = new HashMap<>();
        for (String line : text.split("\n")) {
            String[] parts = line.split(": ");
            numbers.put(parts[0], Double.valueOf(parts[1]));
        }
        return new Machine(numbers.get("threads").intValue(), numbers.get("fma_gflops"), numbers.get("read_gbs"));
    }

    /** The better of two measurements: a limit is what was ever reached. */
    Machine best(Machine other) {
        return new Machine(threads, Math.max(gflops, other.gflops), Math.max(readGbs, other.readGbs));
    }

    /** The processor's name as the system gives it. */
    static String processor() throws IOException {
        for (String line : Files.readAllLines(Path.of("/proc/cpuinfo"))) {
            if (line.startsWith("model name")) {
                return line.substring(line.indexOf(':') + 2);
            }
        }
        return System.getProperty("os.arch");
    }

    /** Widest vector instructions that the processor names. */
    static String vectors() throws IOException {
        String flags = Files.readString(Path.of("/proc/cpuinfo"));
        return flags.contains(" avx512f ") ? "AVX-512" : flags.contains(" avx2 ") ? "AVX2" : "no AVX2";
    }
}
