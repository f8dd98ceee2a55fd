import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Locale;
import java.util.Random;
import java.util.stream.Stream;

/** Writes the lists of images that the nets in this folder learn from: every fifth image, by chance, is for testing. */
public class AssembleData {
    private static final int TEST_EVERY = 5;
    private static final Path LISTS = Path.of("data", "flickr_style");
    private static final List<String> ENDINGS = List.of(".jpg", ".jpeg", ".png", ".bmp");

    public static void main(String[] args) throws IOException {
        if (args.length != 1 || !Files.isDirectory(Path.of(args[0]))) {
            System.err.println("Usage: AssembleData IMAGES\n  IMAGES is a folder with a folder of images for each class"
                    + (args.length == 1 ? "; " + args[0] + " is no folder" : ""));
            System.exit(1);
        }
        List<String> names = new ArrayList<>();
        List<String> images = new ArrayList<>();
        for (Path folder : sorted(Path.of(args[0]).toAbsolutePath().normalize())) {
            if (Files.isDirectory(folder)) {
                for (Path image : sorted(folder)) {
                    String name = image.getFileName().toString().toLowerCase(Locale.ROOT);
                    if (ENDINGS.stream().anyMatch(name::endsWith)) {
                        images.add(image + " " + names.size());
                    }
                }
                names.add(folder.getFileName().toString());
            }
        }
        if (images.isEmpty()) {
            System.err.println("AssembleData: the folders in " + args[0] + " have no images " + ENDINGS);
            System.exit(1);
        }
        Collections.shuffle(images, new Random(1));
        int tests = Math.max(1, images.size() / TEST_EVERY);
        Files.createDirectories(LISTS);
        Files.write(LISTS.resolve("test.txt"), images.subList(0, tests));
        Files.write(LISTS.resolve("train.txt"), images.subList(tests, images.size()));
        Files.write(LISTS.resolve("style_names.txt"), names);
        System.out.println(names.size() + " classes, " + (images.size() - tests) + " images to learn from, " + tests + " to test with: "
                + LISTS.toAbsolutePath());
    }

    private static List<Path> sorted(Path folder) throws IOException {
        try (Stream<Path> files = Files.list(folder)) {
            return files.sorted().toList();
        }
    }
}
