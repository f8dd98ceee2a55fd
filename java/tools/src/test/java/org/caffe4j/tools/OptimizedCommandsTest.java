package org.caffe4j.tools;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.google.protobuf.ByteString;
import java.io.IOException;
import java.nio.FloatBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.caffe4j.Context;
import org.caffe4j.Net;
import org.caffe4j.Phase;
import org.caffe4j.data.Database;
import org.caffe4j.data.DatabaseWriter;
import org.caffe4j.io.Image;
import org.caffe4j.io.Images;
import org.caffe4j.io.Npy;
import org.caffe4j.optimize.Precision;
import org.caffe4j.proto.DataParameter.DB;
import org.caffe4j.proto.Datum;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** {@code caffe test} and {@code caffe time} with optimised nets: of floats, and of less. */
class OptimizedCommandsTest {
    private static final int BATCHES = 4;
    private static final int BATCH = 8;
    private static final int SIDE = 12;
    private static final String LAYERS = """
            layer { name: 'c' type: 'Convolution' bottom: 'data' top: 'c' convolution_param { num_output: 16 kernel_size: 3
              weight_filler { type: 'xavier' } } }
            layer { name: 'r' type: 'ReLU' bottom: 'c' top: 'c' }
            layer { name: 'ip' type: 'InnerProduct' bottom: 'c' top: 'ip' inner_product_param { num_output: 5 weight_filler { type: 'xavier' } } }
            """;
    private static final Pattern LOSS = Pattern.compile("Batch (\\d+), loss = (\\S+)");

    @TempDir
    Path folder;

    @BeforeEach
    void files() throws IOException {
        Random random = new Random(1);
        byte[] pixels = new byte[3 * SIDE * SIDE];
        try (DatabaseWriter writer = Database.create(DB.LMDB, folder.resolve("db"))) {
            for (int i = 0; i < BATCHES * BATCH; i++) {
                random.nextBytes(pixels);
                writer.put(new byte[] {(byte) i}, Datum.newBuilder().setChannels(3).setHeight(SIDE).setWidth(SIDE).setLabel(i % 5)
                        .setData(ByteString.copyFrom(pixels)).build().toByteArray());
            }
            writer.finish();
        }
        Files.writeString(folder.resolve("train_val.prototxt"), "layer { name: 'd' type: 'Data' top: 'data' top: 'label'"
                + " transform_param { scale: 0.00390625 } data_param { source: '" + folder.resolve("db") + "' batch_size: " + BATCH
                + " backend: LMDB } }\n" + LAYERS
                + "layer { name: 'accuracy' type: 'Accuracy' bottom: 'ip' bottom: 'label' top: 'accuracy' }\n"
                + "layer { name: 'loss' type: 'SoftmaxWithLoss' bottom: 'ip' bottom: 'label' top: 'loss' }\n");
        Files.writeString(folder.resolve("deploy.prototxt"), "layer { name: 'data' type: 'Input' top: 'data' input_param { shape { dim: 2 dim: 3 dim: "
                + SIDE + " dim: " + SIDE + " } } }\n" + LAYERS);
        try (Context context = Context.cpu(1); Net net = Net.open(folder.resolve("deploy.prototxt"), Phase.TEST, context)) {
            net.save(folder.resolve("net.caffemodel"), false);
        }
        Path images = Files.createDirectory(folder.resolve("images"));
        for (String name : List.of("a.png", "b.png")) {
            byte[] photo = new byte[3 * 20 * 30];
            random.nextBytes(photo);
            Files.write(images.resolve(name), Images.encode(new Image(20, 30, 3, photo), "png"));
        }
        Npy.write(folder.resolve("in.npy"), new long[] {2, 3, SIDE, SIDE}, FloatBuffer.wrap(floats(random, 2 * 3 * SIDE * SIDE)));
    }

    private static float[] floats(Random random, int count) {
        float[] values = new float[count];
        for (int i = 0; i < count; i++) {
            values[i] = random.nextFloat();
        }
        return values;
    }

    private CommandLineRun run(String command, String model, String... more) {
        List<String> arguments = new ArrayList<>(List.of(command, "--model=" + folder.resolve(model), "--weights=" + folder.resolve("net.caffemodel"),
                "--iterations=" + BATCHES));
        arguments.addAll(List.of(more));
        return CommandLineRun.of(arguments.toArray(String[]::new));
    }

    /** The loss of each batch. */
    private float[] losses(String... more) {
        CommandLineRun run = run("test", "train_val.prototxt", more);
        assertEquals(0, run.code(), run.err());
        float[] losses = new float[BATCHES];
        for (String line : run.log()) {
            Matcher loss = LOSS.matcher(line);
            if (loss.matches()) {
                losses[Integer.parseInt(loss.group(1))] = Float.parseFloat(loss.group(2));
            }
        }
        return losses;
    }

    /** Losses of 1.6 or so, which come from scores that are rounded to 8 bits, stay within a hundredth. */
    @ParameterizedTest
    @CsvSource({"--optimize, F32, 1e-5", "--precision=bf16, BF16, 0.02", "'--precision=int8 --calibration=2', INT8, 0.02"})
    void theScoreOfAnOptimizedNet(String flags, Precision precision, float tolerance) {
        float[] plain = losses();
        float[] optimized = losses(flags.split(" "));
        int behind = flags.contains("--calibration=2") ? 2 : 0;  // the batches that the samples took come last
        float difference = 0;
        for (int batch = 0; batch < BATCHES; batch++) {
            float expected = plain[(batch + behind) % BATCHES];
            assertEquals(expected, optimized[batch], tolerance, "batch " + batch);
            difference += Math.abs(expected - optimized[batch]);
        }
        if (precision != Precision.F32 && precision.isFast()) {
            assertNotEquals(0, difference, "computed with " + precision);
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"images", "images/a.png,images/b.png", "in.npy"})
    void timeTakesImagesAndArraysAsSamples(String samples) {
        String named = samples.replace("images/", folder + "/images/");
        CommandLineRun run = run("time", "deploy.prototxt", "--precision=int8",
                "--calibration=" + (named.equals(samples) ? folder.resolve(samples) : named));
        assertEquals(0, run.code(), run.err());
        assertTrue(run.log().contains("Average time per step: "), run.err());
    }

    @Test
    void imagesAreNoSamplesForANetThatReadsItsDataItself() {
        Assumptions.assumeTrue(Precision.INT8.isFast(), "nothing is calibrated: this processor has neither VNNI nor AMX");
        CommandLineRun run = run("test", "train_val.prototxt", "--precision=int8", "--calibration=" + folder.resolve("images"));
        assertEquals(1, run.code());
        assertTrue(run.err().contains("images are samples for a net with one input") && run.err().contains("number of batches"), run.err());
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', value = {
        "--precision=fp8 | illegal value 'fp8' specified for flag 'precision': expected f32, bf16 or int8",
        "--precision=int8 | --precision=int8 takes the ranges of values from sample inputs: name some with --calibration",
        "--optimize --calibration=3 | --calibration is for --precision=int8",
        "--precision=int8 --calibration=0 | illegal value '0' specified for flag 'calibration': expected 1 batch or more",
        "--precision=bf16 --gpu=0 | --precision=bf16 is for optimised nets on the CPU: leave out --gpu"})
    void misuseIsOneLine(String flags, String message) {
        for (String command : List.of("test", "time")) {
            CommandLineRun run = run(command, "train_val.prototxt", flags.split(" "));
            assertEquals(1, run.code());
            assertEquals("ERROR: " + message, run.log().get(run.log().size() - 1));
        }
    }
}
