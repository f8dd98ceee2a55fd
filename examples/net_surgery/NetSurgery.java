import java.nio.file.Path;
import java.util.List;
import java.util.Locale;
import java.util.Random;
import org.caffe4j.Blob;
import org.caffe4j.CaffeException;
import org.caffe4j.Context;
import org.caffe4j.Net;
import org.caffe4j.Phase;
import org.caffe4j.layer.Layer;

/**
 * Turns a classifier into a net that classifies every place of a larger image: the weights of each InnerProduct layer X become those of the
 * convolution X-conv of another definition, which has the same values in the same order.
 */
public class NetSurgery {
    private static final double TOLERANCE = 1e-4;

    public static void main(String[] args) {
        if (args.length != 4) {
            System.err.println("Usage: NetSurgery deploy.prototxt network.caffemodel full_conv.prototxt full_conv.caffemodel");
            System.exit(1);
        }
        try (Context context = Context.cpu();
                Net net = Net.open(Path.of(args[0]), Phase.TEST, context);
                Net fullConv = Net.open(Path.of(args[2]), Phase.TEST, context)) {
            net.copyTrainedLayersFrom(Path.of(args[1])).warnOfMissing(Path.of(args[1]));
            fullConv.shareTrainedLayersWith(net);
            List<Layer> innerProducts = net.layers().stream().filter(layer -> layer.type().equals("InnerProduct")).toList();
            if (innerProducts.isEmpty()) {
                throw new CaffeException(args[0] + " has no InnerProduct layer");
            }
            innerProducts.forEach(layer -> transplant(layer, fullConv));
            System.out.println("answer for an image of " + size(fullConv) + ": " + fullConv.outputs().get(0).shapeString());
            compare(net, fullConv, innerProducts.get(innerProducts.size() - 1).name());
            fullConv.save(Path.of(args[3]), false);
            System.out.println("wrote " + args[3]);
        } catch (CaffeException e) {
            System.err.println("NetSurgery: " + e.getMessage());
            System.exit(1);
        }
    }

    private static void transplant(Layer innerProduct, Net fullConv) {
        Layer convolution = fullConv.layerByName(innerProduct.name() + "-conv");
        for (int i = 0; i < innerProduct.blobs().size(); i++) {
            Blob from = innerProduct.blobs().get(i);
            Blob to = convolution.blobs().get(i);
            if (from.count() != to.count()) {
                throw new CaffeException("layer '" + convolution.name() + "' has weights of " + to.shapeString()
                        + ", which cannot take the " + from.shapeString() + " of layer '" + innerProduct.name()
                        + "'; its kernel must be as large as the image that " + innerProduct.name() + " sees");
            }
            System.out.println(innerProduct.name() + " " + from.shapeString() + " -> " + convolution.name() + " " + to.shapeString());
            to.data().set(from.data().toArray());
        }
    }

    /** On an image of the classifier's own size the last of the layers must give the same in both. */
    private static void compare(Net net, Net fullConv, String layer) {
        Blob input = net.inputs().get(0);
        float[] image = new float[(int) input.count()];
        Random random = new Random(1);
        for (int i = 0; i < image.length; i++) {
            image[i] = 255 * random.nextFloat() - 128;
        }
        fullConv.inputs().get(0).reshape(input.shape());
        float[] expected = answer(net, image, layer);
        float[] found = answer(fullConv, image, layer + "-conv");
        double largest = 0;
        double difference = 0;
        for (int i = 0; i < expected.length; i++) {
            largest = Math.max(largest, Math.abs(expected[i]));
            difference = Math.max(difference, Math.abs(expected[i] - found[i]));
        }
        System.out.printf(Locale.ROOT, "on images of %s %s differs from %s-conv by at most %.1e, its largest value is %.1e%n",
                size(net), layer, layer, difference, largest);
        if (!(difference <= TOLERANCE * largest)) {
            throw new CaffeException("the two nets do not compute the same");
        }
    }

    private static float[] answer(Net net, float[] image, String layer) {
        net.inputs().get(0).data().set(image);
        net.forward();
        return net.tops(net.layerIndex(layer)).get(0).data().toArray();
    }

    private static String size(Net net) {
        Blob input = net.inputs().get(0);
        return input.shape(2) + "x" + input.shape(3);
    }
}
