import java.awt.Color;
import java.awt.Graphics2D;
import java.awt.image.BufferedImage;
import java.io.BufferedReader;
import java.io.ByteArrayOutputStream;
import java.io.DataOutputStream;
import java.io.IOException;
import java.io.InputStreamReader;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.zip.GZIPInputStream;
import javax.imageio.ImageIO;

/** Small data in the formats of the data sets that the examples download: java ExampleData.java examples/digits/digits.csv.gz FOLDER. */
class ExampleData {
    private static final int DIGIT_SIDE = 8;
    private static final int CLASSES = 3;
    private static final int IMAGES_OF_A_CLASS = 6;
    private static final int CIFAR_IMAGES = 60;
    private static final int CIFAR_SIDE = 32;

    public static void main(String[] args) throws IOException {
        System.setProperty("java.awt.headless", "true");
        Path folder = Path.of(args[1]);
        digits(Path.of(args[0]), folder.resolve("data/mnist"));
        images(folder.resolve("images"), folder.resolve("data/ilsvrc12"));
        cifar(folder.resolve("data/cifar10"));
    }

    /** The digits, put into the middle of images of MNIST's size, each pixel three times as large. */
    private static void digits(Path csv, Path folder) throws IOException {
        Files.createDirectories(folder);
        List<byte[]> images = new ArrayList<>();
        List<Integer> labels = new ArrayList<>();
        try (BufferedReader reader = new BufferedReader(
                new InputStreamReader(new GZIPInputStream(Files.newInputStream(csv)), StandardCharsets.US_ASCII))) {
            for (String line = reader.readLine(); line != null; line = reader.readLine()) {
                String[] fields = line.split(",");
                byte[] image = new byte[28 * 28];
                for (int y = 0; y < 3 * DIGIT_SIDE; y++) {
                    for (int x = 0; x < 3 * DIGIT_SIDE; x++) {
                        image[(y + 2) * 28 + x + 2] = (byte) Math.min(255, 16 * Integer.parseInt(fields[y / 3 * DIGIT_SIDE + x / 3]));
                    }
                }
                images.add(image);
                labels.add(Integer.parseInt(fields[DIGIT_SIDE * DIGIT_SIDE]));
            }
        }
        int tests = images.size() / 5;
        idx(folder, "t10k", images.subList(0, tests), labels.subList(0, tests));
        idx(folder, "train", images.subList(tests, images.size()), labels.subList(tests, labels.size()));
    }

    private static void idx(Path folder, String set, List<byte[]> images, List<Integer> labels) throws IOException {
        try (DataOutputStream out = new DataOutputStream(Files.newOutputStream(folder.resolve(set + "-images-idx3-ubyte")))) {
            for (int number : new int[] {0x803, images.size(), 28, 28}) {
                out.writeInt(number);
            }
            for (byte[] image : images) {
                out.write(image);
            }
        }
        try (DataOutputStream out = new DataOutputStream(Files.newOutputStream(folder.resolve(set + "-labels-idx1-ubyte")))) {
            out.writeInt(0x801);
            out.writeInt(labels.size());
            for (int label : labels) {
                out.write(label);
            }
        }
    }

    /** Photos of a kind: noise with a disc in the colour of the class. Lists as ImageNet's, and names for 1000 classes. */
    private static void images(Path folder, Path lists) throws IOException {
        Files.createDirectories(lists);
        Random random = new Random(1);
        List<String> train = new ArrayList<>();
        for (int label = 0; label < CLASSES; label++) {
            Path ofClass = Files.createDirectories(folder.resolve("class " + label));
            for (int i = 0; i < IMAGES_OF_A_CLASS; i++) {
                Path file = ofClass.resolve(i + ".jpg");
                ImageIO.write(image(60, 48, label, random), "jpg", file.toFile());
                train.add(folder.relativize(file) + " " + label);
            }
        }
        Files.write(lists.resolve("train.txt"), train);
        Files.write(lists.resolve("val.txt"), train.subList(0, IMAGES_OF_A_CLASS));
        List<String> names = new ArrayList<>();
        for (int label = 0; label < 1000; label++) {
            names.add("n" + label + " name of class " + label);
        }
        Files.write(lists.resolve("synset_words.txt"), names);
    }

    private static BufferedImage image(int width, int height, int label, Random random) {
        BufferedImage image = new BufferedImage(width, height, BufferedImage.TYPE_INT_RGB);
        for (int y = 0; y < height; y++) {
            for (int x = 0; x < width; x++) {
                image.setRGB(x, y, random.nextInt(0x1000000));
            }
        }
        Graphics2D g = image.createGraphics();
        g.setColor(Color.getHSBColor((float) label / CLASSES, 1, 1));
        g.fillOval(random.nextInt(width / 2), random.nextInt(height / 2), width / 2, height / 2);
        g.dispose();
        return image;
    }

    /** Six files of records: the label, and the red, green and blue plane of an image. */
    private static void cifar(Path folder) throws IOException {
        Files.createDirectories(folder);
        Random random = new Random(2);
        ByteArrayOutputStream records = new ByteArrayOutputStream();
        for (int label = 0; label < CLASSES; label++) {
            BufferedImage image = image(CIFAR_SIDE, CIFAR_SIDE, label, random);
            records.write(label);
            for (int shift = 16; shift >= 0; shift -= 8) {
                for (int i = 0; i < CIFAR_SIDE * CIFAR_SIDE; i++) {
                    records.write(image.getRGB(i % CIFAR_SIDE, i / CIFAR_SIDE) >> shift);
                }
            }
        }
        byte[] all = records.toByteArray();
        int record = all.length / CLASSES;
        for (String name : new String[] {"data_batch_1", "data_batch_2", "data_batch_3", "data_batch_4", "data_batch_5", "test_batch"}) {
            try (OutputStream out = Files.newOutputStream(folder.resolve(name + ".bin"))) {
                for (int i = 0; i < CIFAR_IMAGES; i++) {
                    out.write(all, i % CLASSES * record, record);
                }
            }
        }
    }
}
