package org.caffe4j;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.caffe4j.io.Image;
import org.caffe4j.io.Images;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Runs the Java programs of the README as they stand there, with the java launcher, in a folder that has the files that they name. */
class ReadmeTest {
    private static final Path README = Path.of("../../README.md");
    private static final String BODY = """
            layer { name: "conv" type: "Convolution" bottom: "data" top: "conv" convolution_param { num_output: 2 kernel_size: 3
              weight_filler { type: "xavier" } } }
            layer { name: "ip" type: "InnerProduct" bottom: "conv" top: "ip" inner_product_param { num_output: 5
              weight_filler { type: "xavier" } } }
            """;

    @TempDir
    Path folder;

    @BeforeEach
    void makeFiles() throws IOException {
        write("net.prototxt", """
                name: "tiny"
                layer { name: "data" type: "DummyData" top: "data" top: "label" dummy_data_param {
                  shape { dim: 4 dim: 3 dim: 8 dim: 8 } shape { dim: 4 }
                  data_filler { type: "uniform" } data_filler { type: "constant" value: 1 } } }
                """ + BODY + """
                layer { name: "loss" type: "SoftmaxWithLoss" bottom: "ip" bottom: "label" top: "loss" }
                """);
        write("solver.prototxt", """
                net: "net.prototxt" base_lr: 0.01 lr_policy: "fixed" max_iter: 110 snapshot_prefix: "tiny" random_seed: 1 solver_mode: CPU
                """);
        write("deploy.prototxt", """
                name: "tiny"
                layer { name: "data" type: "Input" top: "data" input_param { shape { dim: 1 dim: 3 dim: 8 dim: 8 } } }
                """ + BODY + """
                layer { name: "prob" type: "Softmax" bottom: "ip" top: "prob" }
                """);
    }

    private void write(String name, String text) throws IOException {
        Files.writeString(folder.resolve(name), text, StandardCharsets.UTF_8);
    }

    private static String program(String name) throws IOException {
        Matcher block = Pattern.compile("```java\n(.*?)```", Pattern.DOTALL).matcher(Files.readString(README, StandardCharsets.UTF_8));
        while (block.find()) {
            if (block.group(1).contains("class " + name + " ")) {
                return block.group(1);
            }
        }
        throw new AssertionError("the README has no Java program " + name);
    }

    private String run(String name) throws IOException, InterruptedException {
        write(name + ".java", program(name));
        return JavaProgram.run(folder, Path.of(name + ".java"));
    }

    @Test
    void trainThenClassify() throws IOException, InterruptedException {
        String trained = run("Train");
        assertTrue(Pattern.compile("^loss after 100 iterations: [0-9.E-]+$", Pattern.MULTILINE).matcher(trained).find(), trained);
        assertTrue(Files.exists(folder.resolve("tiny_iter_100.caffemodel")), trained);

        Files.copy(folder.resolve("tiny_iter_110.caffemodel"), folder.resolve("net.caffemodel"));
        byte[] pixels = new byte[8 * 8 * 3];
        for (int i = 0; i < pixels.length; i++) {
            pixels[i] = (byte) i;
        }
        Files.write(folder.resolve("cat.jpg"), Images.encode(new Image(8, 8, 3, pixels), ".jpg"));
        List<String> classes = run("Classify").lines().filter(line -> line.matches("[01]\\.\\d{4}  [0-4]")).toList();
        assertEquals(5, classes.size());
        assertEquals(1, classes.stream().mapToDouble(line -> Double.parseDouble(line.substring(0, 6))).sum(), 1e-3);
    }
}
