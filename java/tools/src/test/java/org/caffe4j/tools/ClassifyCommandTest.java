package org.caffe4j.tools;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.google.gson.JsonArray;
import com.google.gson.JsonObject;
import com.google.gson.JsonParser;
import io.jhdf.HdfFile;
import java.io.IOException;
import java.nio.FloatBuffer;
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
import org.caffe4j.io.FloatArray;
import org.caffe4j.io.Image;
import org.caffe4j.io.Images;
import org.caffe4j.io.Npy;
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
        "--precision=fp8 IMAGE | ERROR: illegal value 'fp8' specified for flag 'precision': expected f32, bf16 or int8",
        "--precision=int8 IMAGE | ERROR: --precision=int8 takes the ranges of values from sample inputs: name some with --calibration",
        "--calibration=x.png IMAGE | ERROR: --calibration is for --precision=int8",
        "--precision=bf16 --no-optimize IMAGE | ERROR: --precision=bf16 is for optimised nets on the CPU: leave out --no-optimize",
        "--precision=bf16 --gpu IMAGE | ERROR: --precision=bf16 is for optimised nets on the CPU: leave out --gpu",
        "--image-dims=7 IMAGE | ERROR: illegal value '7' specified for flag 'image-dims': expected height,width",
        "--image-dims=7,8 --short-side=3 IMAGE | ERROR: caffe classify takes --image-dims or --short-side, not both",
        "--mean=1,2 IMAGE | the mean has 2 channels",
        "--mean=none.npy IMAGE | none.npy",
        "nowhere.png | Could not load nowhere.png: Could not open or find file",
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

    private CommandLineRun script(String command, String... more) {
        List<String> arguments = new ArrayList<>(List.of(command, "--model_def", folder.resolve("net.prototxt").toString(),
                "--pretrained_model=" + folder.resolve("net.caffemodel"), "--mean_file=", "--input_scale", "0.5"));
        arguments.addAll(List.of(more));
        return CommandLineRun.of(arguments.toArray(String[]::new));
    }

    /** Softmax of half the share of blue, green and red. */
    private static float[] probabilities(double blue, double green, double red) {
        double[] powers = {Math.exp(blue / 2), Math.exp(green / 2), Math.exp(red / 2)};
        double sum = Arrays.stream(powers).sum();
        return new float[] {(float) (powers[0] / sum), (float) (powers[1] / sum), (float) (powers[2] / sum)};
    }

    @Test
    void asCaffesScriptForAFolder() throws IOException {
        Files.delete(folder.resolve("net.caffemodel").resolveSibling("labels.txt"));
        CommandLineRun run = script("classify", folder.toString(), folder.resolve("out").toString(), "--ext=png", "--images_dim=3,3");
        assertEquals(0, run.code(), run.err());
        assertEquals(List.of("CPU mode", "Loading folder: " + folder, "Classifying 2 inputs."), run.out().lines().limit(3).toList());
        assertTrue(run.out().endsWith("Saving results into " + folder.resolve("out.npy") + System.lineSeparator()), run.out());
        FloatArray out = Npy.read(folder.resolve("out.npy"));
        assertArrayEquals(new long[] {2, 3}, out.shape());
        assertArrayEquals(probabilities(0, 1, 0), Arrays.copyOfRange(out.values(), 0, 3), 1e-5f);
        assertArrayEquals(probabilities(1, 0, 0.8), Arrays.copyOfRange(out.values(), 3, 6), 1e-5f);
    }

    @Test
    void asCaffesScriptForAnArray() throws IOException {
        // Two images of 2×2, red, green, blue; no value is one of 8 bits.
        float[] values = new float[24];
        for (int i = 0; i < 4; i++) {
            values[3 * i] = 0.3003f;
            values[12 + 3 * i + 2] = 0.7007f;
        }
        Npy.write(folder.resolve("in.npy"), new long[] {2, 2, 2, 3}, FloatBuffer.wrap(values));
        CommandLineRun run = script("classify", folder.resolve("in.npy").toString(), folder.resolve("out.npy").toString(), "--center_only",
                "--images_dim=2,2");
        assertEquals(0, run.code(), run.err());
        float[] out = Npy.read(folder.resolve("out.npy")).values();
        assertArrayEquals(probabilities(0, 0, 0.3003), Arrays.copyOfRange(out, 0, 3), 1e-6f);
        assertArrayEquals(probabilities(0.7007, 0, 0), Arrays.copyOfRange(out, 3, 6), 1e-6f);
        CommandLineRun rgb = script("classify", folder.resolve("in.npy").toString(), folder.resolve("out.npy").toString(), "--center_only",
                "--images_dim=2,2", "--channel_swap=0,1,2");
        assertEquals(0, rgb.code(), rgb.err());
        assertArrayEquals(probabilities(0.3003, 0, 0), Arrays.copyOfRange(Npy.read(folder.resolve("out.npy")).values(), 0, 3), 1e-6f);
    }

    @Test
    void detectionsAsTableAndAsHdf5() throws IOException {
        String green = folder.resolve("green.png").toString();
        String violet = folder.resolve("violet.png").toString();
        Files.writeString(folder.resolve("windows.csv"), "filename,xmin,ymin,xmax,ymax\n" + violet + ",0,1,5,3\n" + green + ",1,0,3,4\n"
                + violet + ",2,2,6,4\n");
        CommandLineRun run = script("detect", folder.resolve("windows.csv").toString(), folder.resolve("out.csv").toString(),
                "--crop_mode=list", "--context_pad=0");
        assertEquals(0, run.code(), run.err());
        List<String> lines = Files.readAllLines(folder.resolve("out.csv"));
        assertEquals("filename,ymin,xmin,ymax,xmax,class0,class1,class2", lines.get(0));
        assertEquals(List.of(violet + ",1,0,3,5", violet + ",2,2,4,6", green + ",0,1,4,3"),
                lines.stream().skip(1).map(line -> line.replaceFirst("(,[^,]*){3}$", "")).toList());
        String[] cells = lines.get(3).split(",");
        for (int i = 0; i < 3; i++) {
            assertEquals(probabilities(0, 1, 0)[i], Float.parseFloat(cells[5 + i]), 1e-5f);
        }
        CommandLineRun hdf5 = script("detect", folder.resolve("windows.csv").toString(), folder.resolve("out.h5").toString(),
                "--crop_mode=list", "--context_pad=0");
        assertEquals(0, hdf5.code(), hdf5.err());
        try (HdfFile file = new HdfFile(folder.resolve("out.h5"))) {
            assertArrayEquals(new String[] {violet, violet, green}, (String[]) file.getDatasetByPath("filename").getData());
            assertArrayEquals(new int[][] {{1, 0, 3, 5}, {2, 2, 4, 6}, {0, 1, 4, 3}}, (int[][]) file.getDatasetByPath("window").getData());
            assertArrayEquals(probabilities(0, 1, 0), ((float[][]) file.getDatasetByPath("prediction").getData())[2], 1e-5f);
        }
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', value = {
        "classify a.png b | --mean_file=x | no such file",
        "detect w.csv out.csv | --mean_file= | selective search, Caffe's default, runs MATLAB code",
        "detect w.csv out.csv --crop_mode=list | --context_pad=1 | ERROR: illegal value '1' specified for flag 'context_pad': a context of 1 pixels on each side does not fit",
        "classify a.png b.npy --channel_swap=1,0,2 | --raw_scale=1 | expected 2,1,0 (blue, green, red)"})
    void scriptMisuse(String arguments, String more, String message) {
        String[] parts = (arguments + " " + more).split(" ");
        CommandLineRun run = script(parts[0], Arrays.copyOfRange(parts, 1, parts.length));
        assertEquals(1, run.code());
        assertTrue(run.err().toLowerCase(Locale.ROOT).contains(message.toLowerCase(Locale.ROOT)), run.err());
    }
}
