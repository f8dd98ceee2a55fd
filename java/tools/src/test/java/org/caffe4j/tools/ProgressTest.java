package org.caffe4j.tools;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Long work shows a bar on a terminal, and plain lines elsewhere. The terminal is that of {@code script}, of util-linux. */
class ProgressTest {
    private static final String ERASE = "\r\u001b[K";
    private static final int RECORD = 3073;

    @TempDir
    Path folder;

    private String[] inputs() throws IOException {
        Path images = Files.write(folder.resolve("images"), IdxBytes.of(new byte[300 * 784], 300, 28, 28));
        Path labels = Files.write(folder.resolve("labels"), IdxBytes.of(new byte[300], 300));
        for (int i = 0; i < 6; i++) {
            Files.write(folder.resolve(i == 5 ? "test_batch.bin" : "data_batch_" + (i + 1) + ".bin"), new byte[50 * RECORD]);
        }
        Path net = Files.writeString(folder.resolve("net.prototxt"), "layer { name: 'd' type: 'DummyData' top: 'x' dummy_data_param {"
                + " shape { dim: 1 } } }\nlayer { name: 'p' type: 'Power' bottom: 'x' top: 'y' }\n");
        String files = images + " " + labels + " ";
        return ("convert_mnist_data " + files + folder.resolve("a") + " --then convert_mnist_siamese_data " + files + folder.resolve("b")
                + " --then convert_cifar_data " + folder + " " + folder + " lmdb --then time --iterations=250 --model=" + net
                + " --then time --optimize --iterations=250 --model=" + net + " --then").split(" ");
    }

    @Test
    void aBarWithRateAndTimeLeft() throws Exception {
        Assumptions.assumeTrue(isThere("script"), "left out: no script (package util-linux or bsdutils), which gives a program a terminal");
        // The bar's own lines are drawn over each other; script keeps them all.
        CommandProcess process = CommandProcess.start(folder, "set -- script -qec \"$(printf '%q ' \"$@\")\" /dev/null", Several.class, inputs());
        assertEquals(0, process.code(), process.output());
        String output = process.output();
        assertEquals(5, output.split("exit code 0", -1).length - 1, output);
        for (String task : List.of("convert_mnist_data", "convert_mnist_siamese_data", "cifar10_train", "cifar10_test")) {
            assertTrue(output.contains(task + " 100% ["), task + " has no bar: " + output);
        }
        assertTrue(output.contains("250/250 passes") && output.contains("500/500 passes"), output);
        assertTrue(Pattern.compile("300/300 images \\(0:00:0\\d / 0:00:0\\d\\) \\S+ images/s").matcher(output).find(), output);
        assertFalse(output.substring(output.lastIndexOf(ERASE)).contains("% ["), "the last bar stays");
    }

    @Test
    void plainLinesInAFile() throws Exception {
        CommandProcess process = CommandProcess.start(folder, ":", Several.class, inputs());
        assertEquals(0, process.code(), process.output());
        assertFalse(process.output().contains("100%") || process.output().contains("\u001b") || process.output().contains("\r"), process.output());
        assertEquals(2, process.output().split("Processed 300 files\\.", -1).length - 1, process.output());
    }

    private static boolean isThere(String program) throws IOException, InterruptedException {
        return new ProcessBuilder("sh", "-c", "command -v " + program).start().waitFor() == 0;
    }
}
