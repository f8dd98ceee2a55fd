package org.caffe4j.tools;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.google.protobuf.ByteString;
import java.io.IOException;
import java.nio.FloatBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Random;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.caffe4j.Context;
import org.caffe4j.Net;
import org.caffe4j.Phase;
import org.caffe4j.data.Database;
import org.caffe4j.data.DatabaseWriter;
import org.caffe4j.io.Image;
import org.caffe4j.io.Images;
import org.caffe4j.io.Npy;
import org.caffe4j.proto.BlobProto;
import org.caffe4j.proto.DataParameter.DB;
import org.caffe4j.proto.Datum;
import org.caffe4j.proto.NetParameter;
import org.caffe4j.proto.V1LayerParameter;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/**
 * What the tools do when what they write does not fit: a limit on the size of files stands for a disk that is full. Each says which file
 * could not be written and ends with 1, an earlier file stays, and nothing half written is left.
 */
class FullDiskTest {
    private static final String EARLIER = "earlier";

    @TempDir
    Path folder;

    private final List<String> commands = new ArrayList<>();
    private final List<Path> outputs = new ArrayList<>();

    @BeforeEach
    void inputs() throws IOException {
        Random random = new Random(1);
        write("old.prototxt", IntStream.range(0, 400).mapToObj(i -> "layers { name: 'r" + i + "' type: RELU bottom: 'x' top: 'x' }\n")
                .collect(Collectors.joining()));
        BlobProto blob = BlobProto.newBuilder().setNum(1).setChannels(1).setHeight(100).setWidth(100)
                .addAllData(random.doubles(10_000).mapToObj(value -> (float) value).toList()).build();
        Files.write(file("old.caffemodel"), NetParameter.newBuilder().addLayers(V1LayerParameter.newBuilder().setName("ip")
                .setType(V1LayerParameter.LayerType.INNER_PRODUCT).addBlobs(blob)).build().toByteArray());
        write("old_solver.prototxt", "solver_type: SGD " + "stepvalue: 1000000 ".repeat(2000));
        byte[] pixels = new byte[3 * 100 * 100];
        random.nextBytes(pixels);
        try (DatabaseWriter writer = Database.create(DB.LMDB, file("db"))) {
            writer.put(new byte[] {1}, Datum.newBuilder().setChannels(3).setHeight(100).setWidth(100)
                    .setData(ByteString.copyFrom(pixels)).build().toByteArray());
            writer.finish();
        }
        Files.write(file("image.png"), Images.encode(new Image(100, 100, 3, pixels), "png"));
        write("net.prototxt", "layer { name: 'd' type: 'DummyData' top: 'x0' top: 'few' dummy_data_param { shape { dim: 1 dim: 3 dim: 60 dim: 60 }"
                + " shape { dim: 1 } data_filler { type: 'gaussian' } } }\n" + IntStream.range(1, 60).mapToObj(i -> "layer { name: 'power" + i
                        + "' type: 'Power' bottom: 'x" + (i - 1) + "' top: 'x" + i + "' }\n").collect(Collectors.joining()));
        write("deploy.prototxt", "layer { name: 'data' type: 'Input' top: 'data' input_param { shape { dim: 1 dim: 3 dim: 2 dim: 2 } } }\n"
                + "layer { name: 'ip' type: 'InnerProduct' bottom: 'data' top: 'ip' inner_product_param { num_output: 6000\n"
                + "  weight_filler { type: 'gaussian' } } }\nlayer { name: 'prob' type: 'Softmax' bottom: 'ip' top: 'prob' }\n");
        try (Context context = Context.cpu(1); Net net = Net.open(file("deploy.prototxt"), Phase.TEST, context)) {
            net.save(file("deploy.caffemodel"), false);
        }
        Npy.write(file("image.npy"), new long[] {1, 2, 2, 3}, FloatBuffer.allocate(12));
        write("windows.csv", "filename,ymin,xmin,ymax,xmax\n" + file("image.png") + ",0,0,50,50\n");
        StringBuilder log = new StringBuilder("I0101 00:00:00.000000 1 s:1] Solving x\n");
        for (int i = 0; i < 1500; i++) {
            log.append("I0101 00:00:01.000000 1 s:1] Iteration ").append(i).append(", loss = 1\n")
                    .append("I0101 00:00:01.000000 1 s:1]     Train net output #0: loss = ").append(random.nextDouble()).append('\n');
        }
        write("train.log", log.toString());
    }

    private Path file(String name) {
        return folder.resolve(name);
    }

    private Path write(String name, String text) throws IOException {
        return Files.writeString(file(name), text);
    }

    /** Adds a command that writes a file over an earlier one. */
    private void replaces(String output, String... command) throws IOException {
        write(output, EARLIER);
        makes(output, command);
    }

    /** Adds a command that makes a file or database. */
    private void makes(String output, String... command) {
        outputs.add(file(output));
        for (String argument : command) {
            commands.add(argument.replace("@", folder + "/"));
        }
        commands.add(Several.THEN);
    }

    @Test
    void everyToolNamesWhatItCannotWrite() throws Exception {
        replaces("new.prototxt", "upgrade_net_proto_text", "@old.prototxt", "@new.prototxt");
        replaces("new.caffemodel", "upgrade_net_proto_binary", "@old.caffemodel", "@new.caffemodel");
        replaces("new_solver.prototxt", "upgrade_solver_proto_text", "@old_solver.prototxt", "@new_solver.prototxt");
        replaces("mean.binaryproto", "compute_image_mean", "@db", "@mean.binaryproto");
        replaces("net.png", "draw_net", "@net.prototxt", "@net.png");
        replaces("net.svg", "draw_net", "@net.prototxt", "@net.svg");
        replaces("train.log.train", "parse_log", "@train.log", "@");
        replaces("chart.png", "plot_log", "6", "@chart.png", "@train.log");
        replaces("chart.svg", "plot_log", "6", "@chart.svg", "@train.log");
        replaces("blobs.npz", "run", "--model=@net.prototxt", "--output=@blobs.npz");
        String[] net = {"--model_def=@deploy.prototxt", "--pretrained_model=@deploy.caffemodel", "--mean_file=", "--images_dim=2,2"};
        replaces("classes.npy", "classify", "@image.npy", "@classes.npy", net[0], net[1], net[2], net[3]);
        replaces("windows_out.csv", "detect", "@windows.csv", "@windows_out.csv", "--crop_mode=list", "--context_pad=0", net[0], net[1], net[2]);
        replaces("windows_out.h5", "detect", "@windows.csv", "@windows_out.h5", "--crop_mode=list", "--context_pad=0", net[0], net[1], net[2]);
        runWith(16);
    }

    @Test
    void everyToolNamesTheDatabaseThatItCannotMake() throws Exception {
        write("list", "image.png 1\n".repeat(60));
        byte[] records = new byte[100 * 3073];
        new Random(1).nextBytes(records);
        for (int at = 0; at < records.length; at += 3073) {
            records[at] = 0;
        }
        for (String batch : List.of("data_batch_1", "data_batch_2", "data_batch_3", "data_batch_4", "data_batch_5", "test_batch")) {
            Files.write(file(batch + ".bin"), records);
        }
        for (String backend : List.of("lmdb", "leveldb")) {
            makes("features", "extract_features", "@deploy.caffemodel", "@net.prototxt", "few,x0", "@small,@features", "60", backend);
            makes("images_db", "convert_imageset", "--backend=" + backend, "@", "@list", "@images_db");
            makes("cifar10_train_" + backend, "convert_cifar_data", "@", "@", backend);
        }
        runWith(1000);
    }

    /** Runs the commands where no file may have more than so many KiB. */
    private void runWith(int limit) throws Exception {
        List<String> before = names();
        CommandProcess process = CommandProcess.start(folder, "export JDK_JAVA_OPTIONS=-XX:-UsePerfData GLOG_minloglevel=2; ulimit -f " + limit,
                Several.class, commands.toArray(String[]::new));
        assertEquals(0, process.code(), process.output());
        String[] tellings = process.output().split("exit code ");
        assertEquals(outputs.size() + 1, tellings.length, process.output());
        for (int i = 0; i < outputs.size(); i++) {
            String last = tellings[i].lines().reduce((a, b) -> b).orElse("");
            assertTrue(tellings[i + 1].startsWith("1\n"), outputs.get(i) + " was written: " + process.output());
            assertTrue(last.matches("F.*\\] .*[Cc]annot write.*") && last.contains(outputs.get(i).toString()),
                    outputs.get(i) + ": " + tellings[i]);
        }
        assertEquals(before, names());
        for (Path output : outputs) {
            if (Files.exists(output)) {
                assertEquals(EARLIER, Files.readString(output));
            }
        }
    }

    private List<String> names() {
        return Arrays.stream(folder.toFile().list()).filter(name -> !name.equals("log")).sorted().toList();
    }

    @Test
    void aDeviceThatIsFull() {
        CommandLineRun run = CommandLineRun.of("compute_image_mean", file("db").toString(), "/dev/full");
        assertEquals(1, run.code());
        String last = run.log().get(run.log().size() - 1);
        assertTrue(last.contains("/dev/full") && last.contains("No space left on device"), run.err());
    }

    /** What is printed may be redirected into a file. */
    @Test
    void anOutputThatCannotTakeWhatIsPrinted() throws Exception {
        CommandProcess process = CommandProcess.start(folder, "exec >/dev/full", "classify", "--model=" + file("deploy.prototxt"),
                "--weights=" + file("deploy.caffemodel"), file("image.png").toString());
        assertEquals(1, process.code(), process.output());
        assertTrue(process.output().contains("standard output"), process.output());
    }

    @ParameterizedTest
    @EnumSource(DB.class)
    void aDatabaseThatGrows(DB backend) throws Exception {
        int count = 8000;
        byte[] pixels = new byte[count * 784];
        new Random(1).nextBytes(pixels);
        Path images = Files.write(file("images"), IdxBytes.of(pixels, count, 28, 28));
        Path labels = Files.write(file("labels"), IdxBytes.of(new byte[count], count));
        List<String> before = names();
        CommandProcess process = CommandProcess.start(folder, "ulimit -f 3000", "convert_mnist_data", "--backend="
                + backend.name().toLowerCase(Locale.ROOT), images.toString(), labels.toString(), file("grown").toString());
        assertEquals(1, process.code(), process.output());
        String message = process.output().lines().reduce((a, b) -> b).orElse("");
        assertTrue(message.startsWith("F") && message.contains("cannot write") && message.contains(file("grown").toString())
                && message.contains(" MB are free"), process.output());
        assertEquals(before, names());
    }
}
