package org.caffe4j;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.List;
import org.caffe4j.io.PrototxtReader;
import org.caffe4j.io.Weights;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

class NetWeightsTest {
    private final Context context = TestDevice.context(1);
    private Net net;

    @BeforeEach
    void open() {
        net = new Net(PrototxtReader.parseNet("name: 'test' "
                + "layer { name: 'data' type: 'TestSource' top: 'data' input_param { shape { dim: 2 } } } "
                + "layer { name: 'a' type: 'TestGain' bottom: 'data' top: 'a' parameter_param { shape { dim: 2 dim: 3 } } } "
                + "layer { name: 'b' type: 'TestGain' bottom: 'a' top: 'b' param { name: 'w' } } "
                + "layer { name: 'c' type: 'TestGain' bottom: 'b' top: 'c' param { name: 'w' } }", "test"), context);
    }

    @AfterEach
    void close() {
        net.close();
        context.close();
    }

    private LoadReport load(String layers) {
        return net.copyTrainedLayersFrom(Weights.of(PrototxtReader.parseNet(layers, "weights"), "weights"));
    }

    private static String layer(String name, String blobs) {
        return "layer { name: '" + name + "' " + blobs + " } ";
    }

    @Test
    void reportsWhatItDid() {
        LoadReport report = load(layer("x", "blobs { data: 1 shape { dim: 1 } }") + layer("data", "")
                + layer("b", "blobs { data: 5 shape { dim: 1 } }"));
        assertEquals(new LoadReport(List.of("b"), List.of("a"), List.of("x")), report);
        assertArrayEquals(new float[] {5}, net.layerByName("c").blobs().get(0).data().toArray(), "shared with b");
        assertEquals(12, net.layerByName("a").blobs().get(0).data().asum(), "keeps its values");
    }

    @Test
    void acceptsLegacyShapes() {
        load(layer("a", "blobs { data: [1, 2, 3, 4, 5, 6] num: 1 channels: 1 height: 2 width: 3 }"));
        assertArrayEquals(new float[] {1, 2, 3, 4, 5, 6}, net.layerByName("a").blobs().get(0).data().toArray());
    }

    @Test
    void refusesOtherShapesAndTouchesNothing() {
        ShapeException e = assertThrows(ShapeException.class, () -> load(layer("b", "blobs { data: 5 shape { dim: 1 } }")
                + layer("a", "blobs { data: [1, 2, 3, 4, 5, 6] shape { dim: 3 dim: 2 } }")));
        assertTrue(e.getMessage().startsWith("Cannot copy param 0 weights from layer 'a'; shape mismatch.  "
                + "Source param shape is 3 2 (6); target param shape is 2 3 (6). To learn this layer's parameters from scratch rather than "
                + "copying from a saved net, rename the layer."),
                e.getMessage());
        assertEquals(2, net.layerByName("b").blobs().get(0).data().asum());
        assertThrows(ShapeException.class, 
                () -> load(layer("a", "blobs { data: [1, 2, 3, 4, 5, 6] num: 2 channels: 3 height: 1 width: 1 }")));
    }

    @Test
    void refusesOtherNumbersOfBlobs() {
        NetDefinitionException e = assertThrows(NetDefinitionException.class, () -> load(layer("b", "")));
        assertTrue(e.getMessage().startsWith("Incompatible number of blobs for layer b"), e.getMessage());
        assertThrows(NetDefinitionException.class, () -> load(layer("data", "blobs { data: 5 shape { dim: 1 } }")));
    }
}
