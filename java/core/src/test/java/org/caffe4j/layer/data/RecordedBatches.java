package org.caffe4j.layer.data;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.google.protobuf.TextFormat;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import org.caffe4j.Phase;
import org.caffe4j.io.FloatArray;
import org.caffe4j.io.Golden;
import org.caffe4j.io.Npz;
import org.caffe4j.layer.LayerRunner;
import org.caffe4j.proto.NetParameter;

/** Replays a recorded case of a data layer: the batches that Caffe's layer gave, one after another. */
final class RecordedBatches {
    private RecordedBatches() {
    }

    /** Runs the case's layer and compares every recorded batch exactly. */
    static void replay(String name) throws IOException {
        Path folder = Golden.resource("tools/data_layers/" + name);
        Path root = Golden.resource("tools/h5.txt").getParent();
        String text = Files.readString(folder.resolve("net.prototxt"), StandardCharsets.UTF_8);
        text = text.replaceAll("(source|mean_file|root_folder): \"", "$1: \"" + root + "/");
        NetParameter.Builder net = NetParameter.newBuilder();
        TextFormat.merge(text, net);
        var layer = net.getLayer(0);
        Map<String, FloatArray> expected = Npz.read(folder.resolve("expected.npz"));
        try (LayerRunner runner = new LayerRunner(Phase.TEST, layer.toString(), layer.getTopCount())) {
            int batch = 0;
            for (; expected.containsKey(layer.getTop(0) + "." + batch); batch++) {
                runner.forward();
                for (int i = 0; i < layer.getTopCount(); i++) {
                    String top = layer.getTop(i) + "." + batch;
                    assertArrayEquals(expected.get(top).shape(), runner.top.get(i).shape(), name + " " + top);
                    assertArrayEquals(expected.get(top).values(), runner.top.get(i).data().toArray(), name + " " + top);
                }
            }
            assertTrue(batch > 2, "batches recorded in " + folder);
        }
    }
}
