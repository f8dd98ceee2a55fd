package org.caffe4j;

import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Random;
import java.util.regex.MatchResult;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.caffe4j.io.Golden;
import org.caffe4j.io.PrototxtReader;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * Builds and runs the recorded nets with other numbers and types in their definitions, in a process of its own: each works or is refused by the
 * library's own exceptions. A seed that failed is repeated by -Dcaffe4j.seed.
 */
class MutatedNetsTest {
    private static final int NETS = 400;
    private static final String PRESENT = "net.prototxt";
    private static final long LARGEST = 1_000_000;
    private static final Pattern NUMBER = Pattern.compile("(\\w+): (-?\\d+(?:\\.\\d+)?)");
    private static final Pattern TYPE = Pattern.compile("type: \"[A-Z]\\w+\"");
    private static final int[] NUMBERS = {0, 1, 2, 3, 4, 5, 7, 8, 17, 40, -1, -2, -3, -8};
    private static final int[] EXTREMES = {Integer.MAX_VALUE, Integer.MIN_VALUE, 1 << 30, 65536};
    /** Fields that would ask for more memory than a test may take. */
    private static final List<String> SIZES = List.of("num_output", "input_dim", "dim", "num", "channels", "height", "width", "tiles", "top_k",
        "kernel_size", "kernel_h", "kernel_w", "batch_size", "pyramid_height");

    @TempDir
    Path folder;

    @Test
    void workOrAreRefused() throws Exception {
        long seed = Long.getLong("caffe4j.seed", System.nanoTime());
        System.out.println("MutatedNetsTest: -Dcaffe4j.seed=" + seed);
        try {
            String said = JavaProgram.run(folder, "-Xmx256m", "-Dorg.slf4j.simpleLogger.defaultLogLevel=off", MutatedNetsTest.class.getName(),
                Long.toString(seed), Golden.resource("layers").toString());
            assertTrue(said.contains("all done"), said);
        } catch (AssertionError e) {
            throw new AssertionError("the last net was\n" + text(folder.resolve(PRESENT)), e);
        }
    }

    /** Arguments: seed, folder of the recorded nets. */
    public static void main(String[] args) throws IOException {
        Random random = new Random(Long.parseLong(args[0]));
        List<String> nets;
        try (Stream<Path> cases = Files.list(Path.of(args[1]))) {
            nets = cases.sorted().map(folder -> text(folder.resolve("net.prototxt"))).toList();
        }
        List<String> types = nets.stream().flatMap(net -> TYPE.matcher(net).results()).map(MatchResult::group).distinct().toList();
        int ran = 0;
        for (int i = 0; i < NETS; i++) {
            String net = mutated(nets.get(random.nextInt(nets.size())), random);
            if (random.nextInt(6) == 0) {
                net = net.replaceFirst("(name: \"layer\" )type: \"\\w+\"", "$1" + types.get(random.nextInt(types.size())));
            }
            Files.writeString(Path.of(PRESENT), net); // if the process dies
            try {
                ran += run(net, random) ? 1 : 0;
            } catch (CaffeException | IllegalStateException | IllegalArgumentException e) {
                if (e.getMessage() == null || e.getMessage().isBlank()) {
                    throw new IllegalStateException("an exception without a message for\n" + net, e);
                }
            } catch (RuntimeException | StackOverflowError | OutOfMemoryError e) {
                throw new IllegalStateException("net " + i + ":\n" + net, e);
            }
        }
        System.out.println(ran + " of " + NETS + " ran, all done");
        if (ran < NETS / 20) {
            throw new IllegalStateException("too few ran");
        }
    }

    private static String text(Path file) {
        try {
            return Files.readString(file);
        } catch (IOException e) {
            throw new IllegalStateException(e);
        }
    }

    private static String mutated(String net, Random random) {
        Matcher numbers = NUMBER.matcher(net);
        int count = (int) numbers.results().count();
        StringBuilder changed = new StringBuilder();
        int from = 0;
        int wanted = 1 + random.nextInt(2);
        numbers.reset();
        while (numbers.find()) {
            if (random.nextInt(Math.max(1, count)) < wanted) {
                boolean extreme = random.nextInt(4) == 0 && !SIZES.contains(numbers.group(1));
                int number = extreme ? EXTREMES[random.nextInt(EXTREMES.length)] : NUMBERS[random.nextInt(NUMBERS.length)];
                changed.append(net, from, numbers.start(2)).append(number);
                from = numbers.end(2);
            }
        }
        String text = changed.append(net.substring(from)).toString();
        return random.nextInt(3) == 0 ? text.replaceFirst("top: \"out\"", "top: \"out\" loss_weight: 0.5") : text;
    }

    private static boolean run(String definition, Random random) {
        try (Context context = TestDevice.context(1);
                Net net = new Net(PrototxtReader.parseNet(definition, "net"), random.nextBoolean() ? Phase.TRAIN : Phase.TEST, context)) {
            if (net.blobs().stream().anyMatch(blob -> blob.count() > LARGEST)) {
                return false;
            }
            for (Blob input : net.inputs()) {
                float[] values = new float[(int) input.count()];
                for (int i = 0; i < values.length; i++) {
                    values[i] = random.nextBoolean() ? random.nextInt(3) : 2 * random.nextFloat() - 1;
                }
                input.data().set(values);
            }
            for (int pass = 0; pass < 2; pass++) {
                net.forwardBackward();
            }
            return true;
        }
    }
}
