package org.caffe4j.tools;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.google.gson.JsonArray;
import com.google.gson.JsonObject;
import com.google.gson.JsonParser;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import org.caffe4j.Context;
import org.caffe4j.Net;
import org.caffe4j.Phase;
import org.caffe4j.io.Image;
import org.caffe4j.io.Images;
import org.caffe4j.tools.log.Glog;
import org.caffe4j.tools.log.GlogSettings;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** The net's scores are the sums of blue, green and red, each divided by 1020, so that the class is the image's colour. */
class ClassifyCommandTest {
    private static final String NET = """
            layer { name: 'data' type: 'Input' top: 'data' input_param { shape { dim: 1 dim: 3 dim: 2 dim: 2 } } }
            layer { name: 'score' type: 'InnerProduct' bottom: 'data' top: 'score' inner_product_param { num_output: 3 bias_term: false } }
            layer { name: 'prob' type: 'Softmax' bottom: 'score' top: 'prob' }
            """;

    @TempDir
    Path folder;

    @BeforeEach
    void files() throws IOException {
        Files.writeString(folder.resolve("net.prototxt"), NET, StandardCharsets.UTF_8);
        Files.writeString(folder.resolve("labels.txt"), "the \"blue\" one\ngreen\nred\n", StandardCharsets.UTF_8);
        GlogSettings settings = Glog.settings();
        Glog.configure(settings.with(1, null, null, null));
        try (Context context = Context.cpu(1); Net net = Net.open(folder.resolve("net.prototxt"), Phase.TEST, context)) {
            float[] weights = new float[3 * 12];
            for (int i = 0; i < 3; i++) {
                Arrays.fill(weights, i * 12 + i * 4, i * 12 + i * 4 + 4, 1 / 1020f);
            }
            net.params().get("score").get(0).data().set(weights);
            net.save(folder.resolve("net.caffemodel"), false);
        } finally {
            Glog.configure(settings);
        }
        image("green.png", 0, 255, 0);
        image("violet.png", 255, 0, 204);
    }

    private void image(String name, int blue, int green, int red) throws IOException {
        byte[] pixels = new byte[4 * 6 * 3];
        for (int i = 0; i < pixels.length; i += 3) {
            pixels[i] = (byte) blue;
            pixels[i + 1] = (byte) green;
            pixels[i + 2] = (byte) red;
        }
        Files.write(folder.resolve(name), Images.encode(new Image(4, 6, 3, pixels), "png"));
    }

    private CommandLineRun classify(String... more) {
        List<String> arguments = new ArrayList<>(List.of("classify", "--model", folder.resolve("net.prototxt").toString(),
                "--weights=" + folder.resolve("net.caffemodel")));
        arguments.addAll(List.of(more));
        return CommandLineRun.of(arguments.toArray(String[]::new));
    }

    @Test
    void theBestClassesOfEachImageALineEach() {
        // Scores are 0, 1, 0 and 1, 0, 0.8.
        String green = folder.resolve("green.png").toString();
        String violet = folder.resolve("violet.png").toString();
        CommandLineRun run = classify("--labels=" + folder.resolve("labels.txt"), "--top=2", "--oversample", green, violet);
        assertEquals(0, run.code(), run.err());
        assertEquals(List.of("---------- Prediction for " + green + " ----------",
                "0.5761 - \"green\"",
                "0.2119 - \"the \"blue\" one\"",
                "---------- Prediction for " + violet + " ----------",
                "0.4573 - \"the \"blue\" one\"",
                "0.3744 - \"red\""), run.out().lines().toList());
    }

    @Test
    void theMeanTheScalesAndTheChannelOrderArePassedOn() {
        // (1 - 0.5) * 4 = 2 for green, -2 for the others.
        CommandLineRun run = classify("--mean=0.5,0.5,0.5", "--raw-scale=1", "--input-scale=1020", "--image-dims=2,2",
                folder.resolve("green.png").toString());
        assertEquals(0, run.code(), run.err());
        double other = 1 / (Math.exp(1020 * 4 / 1020.0) + 2);
        assertEquals(String.format(Locale.ROOT, "%.4f - \"1\"", 1 - 2 * other), run.out().lines().toList().get(1));
        run = classify("--rgb", "--short-side=3", folder.resolve("violet.png").toString());
        assertEquals("0.4573 - \"2\"", run.out().lines().toList().get(1), run.err());
    }

    @Test
    void json() {
        CommandLineRun run = classify("--json", "--top=1", "--labels", folder.resolve("labels.txt").toString(),
                folder.resolve("violet.png").toString());
        assertEquals(0, run.code(), run.err());
        JsonArray answers = JsonParser.parseString(run.out()).getAsJsonArray();
        assertEquals(1, answers.size());
        JsonObject answer = answers.get(0).getAsJsonObject();
        assertEquals(folder.resolve("violet.png").toString(), answer.get("image").getAsString());
        assertEquals(1, answer.getAsJsonArray("predictions").size());
        JsonObject best = answer.getAsJsonArray("predictions").get(0).getAsJsonObject();
        assertEquals(0, best.get("index").getAsInt());
        assertEquals("the \"blue\" one", best.get("label").getAsString());
        assertEquals(0.4573, best.get("probability").getAsDouble(), 1e-4);
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', value = {
        "--top=0 IMAGE | ERROR: illegal value '0' specified for flag 'top': expected 1 or more",
        "--image-dims=7 IMAGE | ERROR: illegal value '7' specified for flag 'image-dims': expected height,width",
        "--image-dims=7,8 --short-side=3 IMAGE | ERROR: caffe classify takes --image-dims or --short-side, not both",
        "--mean=1,2 IMAGE | the mean has 2 channels",
        "--mean=none.npy IMAGE | none.npy",
        "nowhere.png | Could not open or find file nowhere.png",
        "--top=2 | ERROR: Missing required parameter: 'IMAGE'"})
    void mistakesAreOneLine(String arguments, String message) {
        CommandLineRun run = classify(arguments.replace("IMAGE ", "").replace("IMAGE", folder.resolve("green.png").toString()).split(" "));
        assertEquals(1, run.code());
        assertEquals("", run.out());
        String last = run.log().get(run.log().size() - 1);
        assertTrue(last.contains(message), run.err());
    }

    @Test
    void aNetWithoutItsWeightsIsRefused() throws IOException {
        Golden.replace(folder.resolve("net.prototxt"), "name: 'score'", "name: 'other'");
        CommandLineRun run = classify(folder.resolve("green.png").toString());
        assertEquals(1, run.code());
        assertTrue(run.log().get(run.log().size() - 1).contains("[other]"), run.err());
    }
}
