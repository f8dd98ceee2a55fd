import java.awt.Color;
import java.awt.Font;
import java.awt.Graphics2D;
import java.awt.RenderingHints;
import java.awt.image.BufferedImage;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import javax.imageio.ImageIO;
import org.caffe4j.Blob;
import org.caffe4j.CaffeException;
import org.caffe4j.Context;
import org.caffe4j.Net;
import org.caffe4j.Phase;

/** Draws where a siamese net puts the digits of MNIST in the plane, a colour for each class. */
public class PlotFeatures {
    private static final int SIDE = 800;
    private static final int MARGIN = 20;
    private static final int CLASSES = 10;
    private static final int IMAGES_HEADER = 16;
    private static final int LABELS_HEADER = 8;

    public static void main(String[] args) throws IOException {
        if (args.length != 5) {
            System.err.println("Usage: PlotFeatures mnist_siamese.prototxt mnist_siamese_iter_N.caffemodel "
                    + "images-idx3-ubyte labels-idx1-ubyte plot.png");
            System.exit(1);
        }
        byte[] images = Files.readAllBytes(Path.of(args[2]));
        byte[] labels = Files.readAllBytes(Path.of(args[3]));
        System.setProperty("java.awt.headless", "true");
        try (Context context = Context.cpu(); Net net = Net.open(Path.of(args[0]), Phase.TEST, context)) {
            net.copyTrainedLayersFrom(Path.of(args[1])).warnOfMissing(Path.of(args[1]));
            float[] points = features(net, images, labels.length - LABELS_HEADER);
            ImageIO.write(plot(points, labels), "png", Path.of(args[4]).toFile());
            System.out.println(points.length / 2 + " digits in " + args[4]);
        } catch (CaffeException e) {
            System.err.println("PlotFeatures: " + e.getMessage());
            System.exit(1);
        }
    }

    /** x and y of each digit, in batches of the net's size. */
    private static float[] features(Net net, byte[] images, int count) {
        Blob input = net.inputs().get(0);
        float[] points = new float[2 * count];
        int batch = (int) input.shape(0);
        int pixels = (int) input.count(1);
        for (int first = 0; first < count; first += batch) {
            float[] values = new float[batch * pixels];
            int digits = Math.min(batch, count - first);
            for (int i = 0; i < digits * pixels; i++) {
                values[i] = (images[IMAGES_HEADER + first * pixels + i] & 0xff) / 256f;
            }
            input.data().set(values);
            net.forward();
            System.arraycopy(net.outputs().get(0).data().toArray(), 0, points, 2 * first, 2 * digits);
        }
        return points;
    }

    private static BufferedImage plot(float[] points, byte[] labels) {
        BufferedImage image = new BufferedImage(SIDE, SIDE, BufferedImage.TYPE_INT_RGB);
        Graphics2D g = image.createGraphics();
        g.setRenderingHint(RenderingHints.KEY_ANTIALIASING, RenderingHints.VALUE_ANTIALIAS_ON);
        g.setColor(Color.WHITE);
        g.fillRect(0, 0, SIDE, SIDE);
        int[] x = places(points, 0);
        int[] y = places(points, 1);
        for (int i = 0; i < x.length; i++) {
            g.setColor(colour(labels[LABELS_HEADER + i]));
            g.fillOval(x[i] - 2, SIDE - y[i] - 2, 4, 4);
        }
        g.setFont(new Font(Font.SANS_SERIF, Font.BOLD, 18));
        for (int digit = 0; digit < CLASSES; digit++) {
            g.setColor(colour(digit));
            g.drawString(Integer.toString(digit), SIDE - 24, 24 + 22 * digit);
        }
        g.dispose();
        return image;
    }

    /** One coordinate of every point, in pixels; the points fill the picture but for a margin. */
    private static int[] places(float[] points, int axis) {
        float[] values = new float[points.length / 2];
        for (int i = 0; i < values.length; i++) {
            values[i] = points[2 * i + axis];
        }
        float[] sorted = values.clone();
        Arrays.sort(sorted);
        float smallest = sorted[0];
        float range = Math.max(sorted[sorted.length - 1] - smallest, Float.MIN_NORMAL);
        int[] places = new int[values.length];
        for (int i = 0; i < places.length; i++) {
            places[i] = MARGIN + Math.round((SIDE - 3 * MARGIN) * (values[i] - smallest) / range);
        }
        return places;
    }

    private static Color colour(int digit) {
        return Color.getHSBColor((float) digit / CLASSES, 0.9f, 0.8f);
    }
}
