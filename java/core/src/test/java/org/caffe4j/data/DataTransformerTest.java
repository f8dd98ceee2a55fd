package org.caffe4j.data;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.google.protobuf.ByteString;
import com.google.protobuf.TextFormat;
import java.nio.FloatBuffer;
import java.nio.file.Path;
import org.caffe4j.CaffeException;
import org.caffe4j.Context;
import org.caffe4j.DataException;
import org.caffe4j.MersenneTwister;
import org.caffe4j.NetDefinitionException;
import org.caffe4j.Phase;
import org.caffe4j.io.Image;
import org.caffe4j.io.ImageDecoder;
import org.caffe4j.io.Images;
import org.caffe4j.io.MeanFile;
import org.caffe4j.proto.Datum;
import org.caffe4j.proto.TransformationParameter;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class DataTransformerTest {
    private static final int CHANNELS = 3;
    private static final int HEIGHT = 6;
    private static final int WIDTH = 7;
    private static final int SEED = 42;

    @TempDir
    Path folder;

    private final Context context = Context.cpu(1);

    @AfterEach
    void close() {
        decoder.close();
        context.close();
    }

    private static byte[] pixels() {
        byte[] pixels = new byte[CHANNELS * HEIGHT * WIDTH];
        MersenneTwister rng = new MersenneTwister(9);
        for (int i = 0; i < pixels.length; i++) {
            pixels[i] = (byte) rng.nextInt();
        }
        return pixels;
    }

    private static Datum datum() {
        return Datum.newBuilder().setChannels(CHANNELS).setHeight(HEIGHT).setWidth(WIDTH).setData(ByteString.copyFrom(pixels())).build();
    }

    /** The same pixels, interleaved. */
    private static Image image() {
        byte[] planar = pixels();
        byte[] interleaved = new byte[planar.length];
        for (int c = 0; c < CHANNELS; c++) {
            for (int i = 0; i < HEIGHT * WIDTH; i++) {
                interleaved[i * CHANNELS + c] = planar[c * HEIGHT * WIDTH + i];
            }
        }
        return new Image(HEIGHT, WIDTH, CHANNELS, interleaved);
    }

    private final ImageDecoder decoder = new ImageDecoder();

    private static void transform(DataTransformer transformer, Pixels pixels, long[] shape, FloatBuffer out, int offset) {
        transformer.transform(pixels, transformer.draw(), shape, out, offset);
    }

    private DataTransformer transformer(Phase phase, String text) throws TextFormat.ParseException {
        TransformationParameter.Builder param = TransformationParameter.newBuilder();
        TextFormat.merge(text, param);
        context.seed(SEED);
        return new DataTransformer(param.build(), phase, context);
    }

    /** Plain formula in double precision, with the random numbers that a transformer made after seeding the context gets. */
    private static double[] reference(Phase phase, int crop, boolean mirror, double[] mean, double scale, int item) {
        MersenneTwister rng = new MersenneTwister(new MersenneTwister(SEED).nextUnsigned());
        double[] out = null;
        for (int i = 0; i <= item; i++) {
            boolean flip = mirror && rng.below(2) == 1;
            int side = crop;
            int height = crop > 0 ? crop : HEIGHT;
            int width = crop > 0 ? crop : WIDTH;
            int top = (HEIGHT - height) / 2;
            int left = (WIDTH - width) / 2;
            if (crop > 0 && phase == Phase.TRAIN) {
                top = rng.below(HEIGHT - side + 1);
                left = rng.below(WIDTH - side + 1);
            }
            byte[] pixels = pixels();
            out = new double[CHANNELS * height * width];
            for (int c = 0; c < CHANNELS; c++) {
                for (int y = 0; y < height; y++) {
                    for (int x = 0; x < width; x++) {
                        int from = (c * HEIGHT + top + y) * WIDTH + left + x;
                        int to = (c * height + y) * width + (flip ? width - 1 - x : x);
                        out[to] = ((pixels[from] & 0xff) - mean[from]) * scale;
                    }
                }
            }
        }
        return out;
    }

    @ParameterizedTest
    @CsvSource({"TRAIN,0,false,1", "TRAIN,4,false,0.5", "TRAIN,4,true,0.00390625", "TRAIN,0,true,2", "TEST,5,false,1", "TEST,3,true,0.1",
        "TEST,6,true,1"})
    void matchesThePlainFormula(Phase phase, int crop, boolean mirror, float scale) throws Exception {
        double[] mean = new double[CHANNELS * HEIGHT * WIDTH];
        float[] meanValues = new float[mean.length];
        for (int i = 0; i < mean.length; i++) {
            meanValues[i] = 100 + i % 13;
            mean[i] = meanValues[i];
        }
        Path meanFile = folder.resolve("mean.binaryproto");
        MeanFile.write(meanFile, CHANNELS, HEIGHT, WIDTH, FloatBuffer.wrap(meanValues));
        String text = "crop_size: " + crop + " mirror: " + mirror + " scale: " + scale + " mean_file: '" + meanFile + "'";
        DataTransformer datums = transformer(phase, text);
        DataTransformer images = transformer(phase, text);
        long[] shape = datums.shape(Pixels.of(datum()));
        assertArrayEquals(new long[] {CHANNELS, crop > 0 ? crop : HEIGHT, crop > 0 ? crop : WIDTH}, shape);
        int count = (int) (shape[0] * shape[1] * shape[2]);
        for (int item = 0; item < 8; item++) {
            double[] expected = reference(phase, crop, mirror, mean, scale, item);
            FloatBuffer out = FloatBuffer.allocate(count + 2);
            transform(datums, Pixels.of(datum()), shape, out, 1);
            FloatBuffer fromImage = FloatBuffer.allocate(count + 2);
            transform(images, Pixels.of(image()), shape, fromImage, 1);
            assertEquals(out, fromImage);
            assertEquals(0, out.get(0));
            assertEquals(0, out.get(count + 1));
            for (int i = 0; i < count; i++) {
                assertEquals(expected[i], out.get(1 + i), 1e-5 * Math.max(1, Math.abs(expected[i])), "item " + item + " value " + i);
            }
        }
    }

    private void transformPlain(String param, Datum datum, long[] shape, float[] out) throws TextFormat.ParseException {
        DataTransformer transformer = transformer(Phase.TEST, param);
        transform(transformer, transformer.pixels(datum, decoder), shape, FloatBuffer.wrap(out), 0);
    }

    private long[] shape(String param, Datum datum) throws TextFormat.ParseException {
        DataTransformer transformer = transformer(Phase.TEST, param);
        return transformer.shape(transformer.pixels(datum, decoder));
    }

    @Test
    void meanValuesOnePerChannelOrOneForAll() throws Exception {
        Datum datum = Datum.newBuilder().setChannels(2).setHeight(1).setWidth(2).addFloatData(1.5f).addFloatData(-2).addFloatData(3)
            .addFloatData(4).build();
        float[] out = new float[4];
        transformPlain("mean_value: 1 mean_value: 2", datum, new long[] {2, 1, 2}, out);
        assertArrayEquals(new float[] {.5f, -3, 1, 2}, out);
        transformPlain("mean_value: 1 scale: 2", datum, new long[] {2, 1, 2}, out);
        assertArrayEquals(new float[] {1, -6, 4, 6}, out);
    }

    @Test
    void encodedDatumsAreDecodedAsAsked() throws Exception {
        Datum datum = Datum.newBuilder().setEncoded(true).setData(ByteString.copyFrom(Images.encode(image(), "png"))).build();
        float[] plain = new float[CHANNELS * HEIGHT * WIDTH];
        transformPlain("", datum, new long[] {CHANNELS, HEIGHT, WIDTH}, plain);
        float[] raw = new float[plain.length];
        transformPlain("force_color: true", datum(), new long[] {CHANNELS, HEIGHT, WIDTH}, raw);
        assertArrayEquals(raw, plain);
        assertArrayEquals(new long[] {1, HEIGHT, WIDTH}, shape("force_gray: true", datum));
        Image gray = new Image(1, 2, 1, new byte[] {1, 2});
        Datum encodedGray = Datum.newBuilder().setEncoded(true).setData(ByteString.copyFrom(Images.encode(gray, "png"))).build();
        assertArrayEquals(new long[] {1, 1, 2}, shape("", encodedGray));
        assertArrayEquals(new long[] {3, 1, 2}, shape("force_color: true", encodedGray));
    }

    @Test
    void theContextsGeneratorIsDrawnOnlyWhereNeeded() throws Exception {
        long untouched = new MersenneTwister(SEED).nextUnsigned();
        transformer(Phase.TEST, "crop_size: 3");
        assertEquals(untouched, context.rng().nextUnsigned());
        transformer(Phase.TRAIN, "");
        assertEquals(untouched, context.rng().nextUnsigned());
        transformer(Phase.TEST, "mirror: true");
        assertTrue(untouched != context.rng().nextUnsigned());
    }

    @Test
    void misfitsAreRefused() throws Exception {
        assertError(NetDefinitionException.class, "Cannot specify mean_file and mean_value at the same time",
            "mean_file: 'x' mean_value: 1");
        assertError(NetDefinitionException.class, "cannot set both force_color and force_gray", "force_color: true force_gray: true");
        assertError(DataException.class, "crop_size 7 is larger", "crop_size: 7");
        assertError(DataException.class, "Specify either 1 mean_value or as many as channels: 3", "mean_value: 1 mean_value: 2");
        Path mean = folder.resolve("small.binaryproto");
        MeanFile.write(mean, CHANNELS, HEIGHT, WIDTH - 1, FloatBuffer.allocate(CHANNELS * HEIGHT * (WIDTH - 1)));
        assertError(DataException.class, "must equal the uncropped item", "mean_file: '" + mean + "'");
        assertError(CaffeException.class, "nowhere.binaryproto", "mean_file: '" + folder.resolve("nowhere.binaryproto") + "'");
    }

    private void assertError(Class<? extends CaffeException> kind, String text, String param) {
        String message = assertThrows(kind, () -> {
            DataTransformer transformer = transformer(Phase.TEST, param);
            transform(transformer, Pixels.of(datum()), transformer.shape(Pixels.of(datum())), FloatBuffer.allocate(200), 0);
        }).getMessage();
        assertTrue(message.contains(text), message);
    }
}
