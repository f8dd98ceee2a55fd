package org.caffe4j.bench;

import java.io.IOException;
import java.nio.FloatBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Random;
import java.util.stream.Stream;
import org.caffe4j.Blob;
import org.caffe4j.Context;
import org.caffe4j.Net;
import org.caffe4j.Phase;
import org.caffe4j.graph.NetUpgrade;
import org.caffe4j.io.PrototxtReader;
import org.caffe4j.io.PrototxtWriter;
import org.caffe4j.layer.Layer;
import org.caffe4j.proto.BlobShape;
import org.caffe4j.proto.LayerParameter;
import org.caffe4j.proto.NetParameter;

/**
 * One net as files that every engine reads: {@code net.prototxt} with the batch size and image size asked for, {@code net.caffemodel} with
 * random weights that keep values of ordinary size, and {@code net.onnx}.
 *
 * @param folder where the files lie
 */
record NetFiles(Path folder) {

    Path prototxt() {
        return folder.resolve("net.prototxt");
    }

    Path weights() {
        return folder.resolve("net.caffemodel");
    }

    Path onnx() {
        return folder.resolve("net.onnx");
    }

    /** The net's definition, upgraded. */
    NetParameter definition() {
        return NetUpgrade.upgrade(PrototxtReader.readNet(prototxt()), prototxt().toString());
    }

    /**
     * Writes the files and returns what a pass costs.
     *
     * @param deploy a net whose first layer is its only Input, of shape N, C, H, W
     * @param image height and width, or 0 for those of the file
     * @param onnxFile an ONNX file to use instead of one made here, or null
     */
    static NetCost write(Path deploy, int batch, int image, Path folder, Path onnxFile) throws IOException {
        NetFiles files = new NetFiles(folder);
        NetCost cost = files.writeCaffe(deploy, batch, image);
        if (onnxFile != null) {
            Files.copy(onnxFile, files.onnx());
        } else {
            try (Context context = Context.cpu(); Net net = Net.open(files.prototxt(), Phase.TEST, context)) {
                net.copyTrainedLayersFrom(files.weights());
                new OnnxExport(files.definition(), net).write(files.onnx());
            }
        }
        return cost;
    }

    /** The same without an ONNX file. */
    NetCost writeCaffe(Path deploy, int batch, int image) {
        PrototxtWriter.write(prototxt(), sized(NetUpgrade.upgrade(PrototxtReader.readNet(deploy), deploy.toString()), batch, image));
        try (Context context = Context.cpu(); Net net = Net.open(prototxt(), Phase.TEST, context)) {
            randomize(net);
            net.save(weights(), false);
            return NetCost.of(net);
        }
    }

    private static NetParameter sized(NetParameter net, int batch, int image) {
        NetParameter.Builder sized = net.toBuilder();
        LayerParameter.Builder input = sized.getLayerBuilder(0);
        if (!input.getType().equals("Input") || input.getInputParam().getShapeCount() != 1) {
            throw new IllegalArgumentException("net '" + net.getName() + "': expected an Input layer with one shape first, found " + input.getType());
        }
        BlobShape.Builder shape = input.getInputParamBuilder().getShapeBuilder(0).setDim(0, batch);
        if (image > 0) {
            shape.setDim(2, image).setDim(3, image);
        }
        return sized.build();
    }

    /** Weights from N(0, 2 / inputs), as for ReLU nets; batch statistics near 0 and 1; everything else small. */
    private static void randomize(Net net) {
        Random random = new Random(1);
        for (Layer layer : net.layers()) {
            List<Blob> blobs = layer.blobs();
            for (int i = 0; i < blobs.size(); i++) {
                Blob blob = blobs.get(i);
                FloatBuffer values = blob.data().overwrite();
                double mean = 0;
                double std = 0.01;
                switch (layer.type()) {
                    case "Convolution", "Deconvolution", "InnerProduct" -> std = i == 0 ? Math.sqrt(2.0 / blob.count(1)) : 0.01;
                    case "BatchNorm" -> {
                        mean = i == 0 ? 0 : 1;
                        std = i == 2 ? 0 : 0.1;
                    }
                    case "Scale" -> mean = i == 0 ? 1 : 0;
                    case "PReLU" -> mean = 0.25;
                    default -> { }
                }
                while (values.hasRemaining()) {
                    values.put((float) (mean + std * random.nextGaussian()));
                }
            }
        }
    }

    /** Deletes a folder of files. */
    static void delete(Path folder) throws IOException {
        try (Stream<Path> written = Files.list(folder)) {
            for (Path file : written.toList()) {
                Files.delete(file);
            }
        }
        Files.delete(folder);
    }

    /** The name of the folder that a file lies in: that of a net in {@code examples/models}. */
    static String folder(Path net) {
        return net.toAbsolutePath().getParent().getFileName().toString();
    }

    /** A net's name in tables: that of its folder for a file deploy.prototxt, else the file's. */
    static String name(Path net) {
        String file = net.getFileName().toString();
        Path folder = net.toAbsolutePath().getParent();
        return file.equals("deploy.prototxt") && folder.getFileName() != null ? folder(net) : file.replace(".prototxt", "");
    }
}
