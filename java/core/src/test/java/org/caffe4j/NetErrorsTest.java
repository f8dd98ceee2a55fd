package org.caffe4j;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import org.caffe4j.io.PrototxtReader;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Definitions that end Caffe's process: each is an exception here, and the next net works. */
class NetErrorsTest {
    private static final String SOURCE = "layer { name: 'data' type: 'TestSource' top: 'data' input_param { shape { dim: 2 dim: 2 } } } ";
    private static final String GAIN = "layer { name: 'a' type: 'TestGain' bottom: 'data' top: 'a' ";

    private static void check(Class<? extends RuntimeException> kind, String layers, String... parts) {
        try (Context context = TestDevice.context(1)) {
            RuntimeException e = assertThrows(kind, () -> new Net(PrototxtReader.parseNet(layers, "test"), context).close());
            assertEquals(kind, e.getClass());
            for (String part : parts) {
                assertTrue(e.getMessage().contains(part), e.getMessage());
            }
            try (Net net = new Net(PrototxtReader.parseNet(SOURCE, "test"), context)) {
                assertEquals(0, net.forward());
            }
        }
    }

    @Test
    void unknownType() {
        check(UnsupportedLayerException.class, SOURCE + "layer { name: 'r' type: 'ReLUU' bottom: 'data' top: 'r' }",
                "'r'", "ReLUU", "ReLU");
    }

    @Test
    void unknownBottom() {
        check(NetDefinitionException.class, SOURCE + "layer { name: 'r' type: 'ReLU' bottom: 'dat' top: 'r' }",
                "Unknown bottom blob 'dat' (layer 'r', bottom index 0)");
    }

    @Test
    void duplicateTop() {
        check(NetDefinitionException.class, SOURCE + SOURCE, "Top blob 'data' produced by multiple sources.");
    }

    @Test
    void inPlaceAtAnotherIndex() {
        check(NetDefinitionException.class, SOURCE + GAIN + "} layer { name: 'l' type: 'TestSumLoss' bottom: 'data' bottom: 'a' top: 'a' }",
                "Top blob 'a' produced by multiple sources.");
    }

    @Test
    void blobCounts() {
        check(NetDefinitionException.class, "layer { name: 'r' type: 'ReLU' top: 'r' }", "layer 'r'",
                "ReLU Layer takes 1 bottom blob(s) as input.");
        check(NetDefinitionException.class, SOURCE + "layer { name: 'r' type: 'ReLU' bottom: 'data' top: 'r' top: 's' }",
                "ReLU Layer produces 1 top blob(s) as output.", "It has 2");
        check(NetDefinitionException.class, "layer { name: 's' type: 'TestSource' }",
                "TestSource Layer produces at least 1 top blob(s) as output.");
        check(NetDefinitionException.class, "layer { name: 'l' type: 'TestSumLoss' }",
                "TestSumLoss Layer takes at least 1 bottom blob(s) as input.");
        check(NetDefinitionException.class, SOURCE + "layer { name: 'l' type: 'TestSumLoss' bottom: 'data' bottom: 'data' bottom: 'data' }",
                "TestSumLoss Layer takes at most 2 bottom blob(s) as input.");
    }

    @Test
    void lossWeightCount() {
        check(NetDefinitionException.class, SOURCE + GAIN + "loss_weight: 1 loss_weight: 2 }",
                "layer 'a'", "loss_weight must be unspecified or specified once per top blob.");
    }

    @Test
    void propagateDownCount() {
        check(NetDefinitionException.class, SOURCE + GAIN + "propagate_down: true propagate_down: true }", "layer 'a'", "propagate_down");
    }

    @Test
    void tooManyParams() {
        check(NetDefinitionException.class, SOURCE + GAIN + "param { } param { } }", "Too many params specified for layer a");
    }

    @Test
    void includeAndExclude() {
        check(NetDefinitionException.class, SOURCE + GAIN + "include { } exclude { } }",
                "Specify either include rules or exclude rules; not both.");
    }

    @Test
    void mismatchedSharing() {
        String owner = GAIN + "param { name: 'w' lr_mult: 1 decay_mult: 1 } parameter_param { shape { dim: 2 dim: 3 } } } ";
        String sharer = "layer { name: 'b' type: 'TestGain' bottom: 'a' top: 'b' ";
        check(ShapeException.class, SOURCE + owner + sharer
                + "param { name: 'w' } parameter_param { shape { dim: 6 } } }",
                "Cannot share param 'w' owned by layer 'a' with layer 'b'; shape mismatch.", "2 3 (6)", "6 (6)");
        check(ShapeException.class, SOURCE + owner + sharer
                + "param { name: 'w' share_mode: PERMISSIVE } parameter_param { shape { dim: 5 } } }",
                "Cannot share param 'w' owned by layer 'a' with layer 'b'; count mismatch.");
        check(NetDefinitionException.class, SOURCE + owner + sharer
                + "param { name: 'w' lr_mult: 2 } parameter_param { shape { dim: 2 dim: 3 } } }",
                "Shared param 'w' has mismatched lr_mult.");
        check(NetDefinitionException.class, SOURCE + owner + sharer
                + "param { name: 'w' decay_mult: 0 } parameter_param { shape { dim: 2 dim: 3 } } }",
                "Shared param 'w' has mismatched decay_mult.");
    }

    @Test
    void shapesNamedByLayer() {
        check(ShapeException.class, SOURCE + "layer { name: 'other' type: 'TestSource' top: 'o' input_param { shape { dim: 3 } } } "
                + "layer { name: 'l' type: 'TestSumLoss' bottom: 'data' bottom: 'o' }",
                "layer 'l' (TestSumLoss): The data and label should have the same first dimension.");
    }

    @ParameterizedTest
    @CsvSource({"data,bad record,org.caffe4j.DataException", "state,closed,java.lang.IllegalStateException",
        "argument,negative,java.lang.IllegalArgumentException", "other,surprise,org.caffe4j.CaffeException",
        "other,C4J:SHAPE:counts differ,org.caffe4j.ShapeException", "other,C4J:DATA:no label,org.caffe4j.DataException",
        "other,C4J:HOST_MEMORY:8 GB,org.caffe4j.NativeMemoryException", "other,C4J:DEVICE:gone,org.caffe4j.DeviceException",
        "other,C4J:INTERNAL:oops,org.caffe4j.CaffeException"})
    void failuresInAPassNameTheLayerAndKeepTheirKind(String kind, String message, String expected) {
        String layer = "layer { name: 'f' type: 'TestFailing' python_param { layer: '" + kind + "' param_str: '" + message + "' } }";
        try (Context context = TestDevice.context(1); Net net = new Net(PrototxtReader.parseNet(layer, "test"), context)) {
            RuntimeException e = assertThrows(RuntimeException.class, net::forward);
            assertEquals(expected, e.getClass().getName());
            assertTrue(e.getMessage().startsWith("layer 'f' (TestFailing): "), e.getMessage());
            assertTrue(e.getMessage().endsWith(message.replaceFirst("^C4J:[A-Z_]+:", "")), e.getMessage());
            assertThrows(RuntimeException.class, net::forward, "the net is not left locked");
        }
    }

    @Test
    void emptyNetCannotRun() {
        try (Context context = TestDevice.context(1); Net net = new Net(PrototxtReader.parseNet("name: 'none'", "test"), context)) {
            NetDefinitionException e = assertThrows(NetDefinitionException.class, net::forward);
            assertTrue(e.getMessage().contains("Net 'none' has no layers"), e.getMessage());
        }
    }
}
