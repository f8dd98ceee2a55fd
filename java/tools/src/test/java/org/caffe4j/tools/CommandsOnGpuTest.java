package org.caffe4j.tools;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.stream.Stream;
import org.caffe4j.Context;
import org.caffe4j.Net;
import org.caffe4j.Phase;
import org.caffe4j.data.Cursor;
import org.caffe4j.data.Database;
import org.caffe4j.io.Image;
import org.caffe4j.io.Images;
import org.caffe4j.proto.DataParameter.DB;
import org.caffe4j.proto.Datum;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Commands that run a net give on a GPU what they give on the CPU. {@code ci/emulated-gpu} runs this, and the other commands, on an emulated one. */
class CommandsOnGpuTest {
    private static final double TOLERANCE = 1e-5;
    private static final String IMAGES = Golden.tools().resolve("db/lmdb_20x16").toString();
    private static final String LAYERS = """
            layer { name: 'conv' type: 'Convolution' bottom: 'data' top: 'conv' convolution_param { num_output: 8 kernel_size: 5 stride: 2
              weight_filler { type: 'xavier' } } }
            layer { name: 'relu' type: 'ReLU' bottom: 'conv' top: 'conv' }
            layer { name: 'norm' type: 'LRN' bottom: 'conv' top: 'norm' lrn_param { local_size: 3 alpha: 0.1 } }
            layer { name: 'pool' type: 'Pooling' bottom: 'norm' top: 'pool' pooling_param { pool: MAX kernel_size: 2 stride: 2 } }
            layer { name: 'ip' type: 'InnerProduct' bottom: 'pool' top: 'ip' inner_product_param { num_output: 5 weight_filler { type: 'xavier' } } }
            """;
    private static final String DATA = "layer { name: 'd' type: 'Data' top: 'data' top: 'label' data_param { source: '" + IMAGES
            + "' backend: LMDB batch_size: 3 } transform_param { scale: 0.01 } } ";

    @TempDir
    Path folder;

    @BeforeEach
    void weights() throws IOException {
        assumeTrue("cuda".equals(System.getProperty("caffe4j.test.device")), "the device under test is the CPU");
        write("deploy.prototxt", "layer { name: 'data' type: 'Input' top: 'data' input_param { shape { dim: 1 dim: 3 dim: 20 dim: 16 } } } " + LAYERS
                + "layer { name: 'prob' type: 'Softmax' bottom: 'ip' top: 'prob' }");
        try (Context context = Context.cpu(1)) {
            context.seed(1);
            try (Net net = Net.open(folder.resolve("deploy.prototxt"), Phase.TEST, context)) {
                net.save(folder.resolve("net.caffemodel"), false);
            }
        }
    }

    private String write(String name, String text) throws IOException {
        return Files.writeString(folder.resolve(name), text).toString();
    }

    private String file(String name) {
        return folder.resolve(name).toString();
    }

    /** Runs a command that must succeed, and on a GPU must say so. */
    private static CommandLineRun run(boolean gpu, String... arguments) {
        CommandLineRun run = CommandLineRun.of(arguments);
        assertEquals(0, run.code(), run.err());
        boolean said = run.log().stream().anyMatch(line -> line.startsWith("GPU 0: ")) || run.out().lines().anyMatch("GPU mode"::equals);
        assertEquals(gpu, said, run.err() + run.out());
        return run;
    }

    /** Lines whose words, separated so, are the same, or numbers that differ by rounding only. */
    private static void compare(List<String> expected, List<String> actual, String separator) {
        assertEquals(expected.size(), actual.size());
        int numbers = 0;
        for (int i = 0; i < expected.size(); i++) {
            String[] one = expected.get(i).split(separator);
            String[] other = actual.get(i).split(separator);
            assertEquals(one.length, other.length, actual.get(i));
            for (int k = 0; k < one.length; k++) {
                if (one[k].matches("-?[0-9]+\\.[0-9.e-]*")) {
                    double value = Double.parseDouble(one[k]);
                    assertEquals(value, Double.parseDouble(other[k]), TOLERANCE * Math.max(1, Math.abs(value)), actual.get(i));
                    numbers++;
                } else {
                    assertEquals(one[k], other[k], actual.get(i));
                }
            }
        }
        assertTrue(numbers > expected.size() / 2, () -> "few numbers in " + expected);
    }

    @ParameterizedTest
    @ValueSource(booleans = {false, true})
    void test(boolean optimize) throws IOException {
        String model = write("test.prototxt", DATA + LAYERS + "layer { name: 'loss' type: 'SoftmaxWithLoss' bottom: 'ip' bottom: 'label' top: 'loss' }"
                + " layer { name: 'accuracy' type: 'Accuracy' bottom: 'ip' bottom: 'label' top: 'accuracy' accuracy_param { top_k: 3 } }");
        String[] command = {"test", "--model=" + model, "--weights=" + file("net.caffemodel"), "--iterations=3"};
        String[] onGpu = with(command, "--gpu=0");
        compare(results(run(false, command)), results(run(true, optimize ? with(onGpu, "--optimize") : onGpu)), " ");
    }

    private static String[] with(String[] command, String... more) {
        return Stream.concat(Stream.of(command), Stream.of(more)).toArray(String[]::new);
    }

    /** The lines of two values of three batches, of the loss, and of the values' means; not those that tell of progress, now and then. */
    private static List<String> results(CommandLineRun run) {
        List<String> lines = run.log().stream().filter(line -> line.matches("(Batch |Loss: |loss = |accuracy = ).*")).toList();
        assertEquals(9, lines.size(), run.err());
        return lines;
    }

    @Test
    void detect() throws IOException {
        byte[] pixels = new byte[30 * 40 * 3];
        new Random(1).nextBytes(pixels);
        Files.write(folder.resolve("image.png"), Images.encode(new Image(30, 40, 3, pixels), "png"));
        write("windows.csv", "filename,ymin,xmin,ymax,xmax\n" + "IMAGE,0,0,30,40\nIMAGE,3,5,20,24\nIMAGE,10,7,28,39\n".replace("IMAGE", file("image.png")));
        String[] command = {"detect", file("windows.csv"), file("windows_out.csv"), "--crop_mode=list", "--context_pad=2", "--mean_file=",
            "--model_def=" + file("deploy.prototxt"), "--pretrained_model=" + file("net.caffemodel"), "--input_scale=0.01"};
        run(false, command);
        List<String> expected = Files.readAllLines(folder.resolve("windows_out.csv"));
        run(true, with(command, "--gpu"));
        compare(expected, Files.readAllLines(folder.resolve("windows_out.csv")), ",");
    }

    @Test
    void extractFeatures() throws IOException {
        String model = write("features.prototxt", DATA + LAYERS + "layer { name: 's' type: 'Silence' bottom: 'label' }");
        String[] command = {"extract_features", file("net.caffemodel"), model, "norm,ip"};
        run(false, with(command, file("norm") + "," + file("ip"), "3", "lmdb"));
        run(true, with(command, file("norm_gpu") + "," + file("ip_gpu"), "3", "lmdb", "GPU", "0"));
        for (String blob : List.of("norm", "ip")) {
            List<Datum> expected = items(blob);
            List<Datum> actual = items(blob + "_gpu");
            assertEquals(9, expected.size());
            assertEquals(expected.size(), actual.size());
            for (int i = 0; i < expected.size(); i++) {
                Datum one = expected.get(i);
                Datum other = actual.get(i);
                assertEquals(one.toBuilder().clearFloatData().build(), other.toBuilder().clearFloatData().build());
                assertEquals(one.getFloatDataCount(), other.getFloatDataCount());
                for (int k = 0; k < one.getFloatDataCount(); k++) {
                    assertEquals(one.getFloatData(k), other.getFloatData(k), TOLERANCE, blob + " " + i + " " + k);
                }
            }
        }
    }

    private List<Datum> items(String name) throws IOException {
        List<Datum> items = new ArrayList<>();
        try (Database database = Database.open(DB.LMDB, folder.resolve(name)); Cursor cursor = database.cursor()) {
            while (cursor.next()) {
                items.add(Datum.parseFrom(cursor.value()));
            }
        }
        return items;
    }
}
