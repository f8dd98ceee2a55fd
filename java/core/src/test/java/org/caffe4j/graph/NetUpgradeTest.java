package org.caffe4j.graph;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Locale;
import org.caffe4j.NetDefinitionException;
import org.caffe4j.io.Golden;
import org.caffe4j.io.PrototxtReader;
import org.caffe4j.io.PrototxtWriter;
import org.caffe4j.proto.NetParameter;
import org.caffe4j.proto.V1LayerParameter;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

class NetUpgradeTest {
    private static NetParameter raw(String text) {
        return PrototxtReader.parse(text, "test", NetParameter.getDefaultInstance());
    }

    @ParameterizedTest
    @ValueSource(strings = {"v0", "v0_data", "v1", "data_transform_batchnorm"})
    void textAsCaffeUpgradesIt(String name) throws IOException {
        Path folder = Golden.resource("tools/upgrade/" + name);
        NetParameter upgraded = PrototxtReader.readNet(folder.resolve("old.prototxt"));
        Path expected = folder.resolve("expected.prototxt");
        assertEquals(PrototxtReader.read(expected, NetParameter.getDefaultInstance()), upgraded);
        assertEquals(Files.readString(expected), PrototxtWriter.print(upgraded));
    }

    @Test
    void binaryAsCaffeUpgradesIt() throws IOException {
        Path folder = Golden.resource("tools/upgrade/v1_binary");
        NetParameter upgraded = PrototxtReader.readNetBinary(folder.resolve("old.caffemodel"));
        assertArrayEquals(Files.readAllBytes(folder.resolve("expected.caffemodel")), upgraded.toByteArray());
    }

    @Test
    void currentNetStaysTheSameObject() {
        NetParameter net = raw("name: 'n' layer { name: 'a' type: 'ReLU' bottom: 'x' top: 'x' }");
        NetUpgrade.Result result = NetUpgrade.upgradeWithResult(net, "test");
        assertSame(net, result.net());
        assertFalse(result.changed());
        assertTrue(result.complete());
    }

    @ParameterizedTest
    @EnumSource(V1LayerParameter.LayerType.class)
    void everyV1TypeHasAName(V1LayerParameter.LayerType type) {
        String name = V1LayerTypes.name(type);
        assertEquals(type.name().replace("_", "").replace("SOFTMAXLOSS", "SOFTMAXWITHLOSS"),
                type == V1LayerParameter.LayerType.NONE ? "NONE" : name.toUpperCase(Locale.ROOT));
    }

    @Test
    void everyFieldOfV1HasAPlace() {
        for (var field : V1LayerParameter.getDescriptor().getFields()) {
            switch (field.getName()) {
                case "layer", "type", "blobs_lr", "weight_decay", "param", "blob_share_mode" -> { }
                default -> assertEquals(field.getType(),
                        org.caffe4j.proto.LayerParameter.getDescriptor().findFieldByName(field.getName()).getType());
            }
        }
    }

    @Test
    void v1DataTransformMoves() {
        NetParameter net = NetUpgrade.upgrade(raw("layers { name: 'd' type: WINDOW_DATA top: 'x' window_data_param { source: 's' scale: 2"
                + " mean_file: 'm' crop_size: 7 mirror: true fg_fraction: 0.5 } transform_param { scale: 9 force_color: true } }"), "test");
        assertEquals(raw("layer { name: 'd' type: 'WindowData' top: 'x' transform_param { scale: 2 mirror: true crop_size: 7 mean_file: 'm'"
                + " force_color: true } window_data_param { source: 's' fg_fraction: 0.5 } }"), net);
    }

    @Test
    void v0FieldsOfEveryTypeMove() {
        NetParameter net = NetUpgrade.upgrade(raw("layers { layer { name: 'w' type: 'window_data' source: 's' batchsize: 3"
                + " det_fg_threshold: 0.1 det_bg_threshold: 0.2 det_fg_fraction: 0.3 det_context_pad: 4 det_crop_mode: 'square' }"
                + " top: 'x' }"
                + "layers { layer { name: 'i' type: 'images' source: 's' batchsize: 3 rand_skip: 5 shuffle_images: true new_height: 6"
                + " new_width: 7 } top: 'y' } layers { layer { name: 'c' type: 'concat' concat_dim: 2 } bottom: 'x' bottom: 'y' top: 'z' }"
                + "layers { layer { name: 'p' type: 'pool' pool: AVE kernelsize: 3 pad: 1 } bottom: 'z' top: 'p' }"
                + "layers { layer { name: 'o' type: 'hdf5_output' hdf5_output_param { file_name: 'f' } } bottom: 'z' }"), "test");
        assertEquals(raw("layer { name: 'w' type: 'WindowData' top: 'x' window_data_param { source: 's' batch_size: 3 fg_threshold: 0.1"
                + " bg_threshold: 0.2 fg_fraction: 0.3 context_pad: 4 crop_mode: 'square' } }"
                + "layer { name: 'i' type: 'ImageData' top: 'y' image_data_param { source: 's' batch_size: 3 rand_skip: 5 shuffle: true"
                + " new_height: 6 new_width: 7 } } layer { name: 'c' type: 'Concat' bottom: 'x' bottom: 'y' top: 'z' concat_param {"
                + " concat_dim: 2 } } layer { name: 'p' type: 'Pooling' bottom: 'z' top: 'p' pooling_param { pool: AVE kernel_size: 3"
                + " pad: 1 } } layer { name: 'o' type: 'HDF5Output' bottom: 'z' hdf5_output_param { file_name: 'f' } }"), net);
    }

    @Test
    void v0FieldWithoutPlaceMakesTheResultIncomplete() {
        NetUpgrade.Result result = NetUpgrade.upgradeWithResult(raw("layers { layer { name: 'r' type: 'relu' num_output: 3 } }"), "test");
        assertFalse(result.complete());
        assertEquals(raw("layer { name: 'r' type: 'ReLU' }"), result.net());
    }

    @Test
    void unknownV0TypeIsAnError() {
        NetDefinitionException e = assertThrows(NetDefinitionException.class,
                () -> NetUpgrade.upgrade(raw("layers { layer { name: 'r' type: 'convv' } }"), "old.prototxt"));
        assertTrue(e.getMessage().contains("convv") && e.getMessage().contains("old.prototxt"), e.getMessage());
    }

    @Test
    void paddingMustFeedConvolutionOrPooling() {
        NetDefinitionException e = assertThrows(NetDefinitionException.class, () -> NetUpgrade.upgrade(raw(
                "layers { layer { name: 'pad1' type: 'padding' pad: 2 } bottom: 'x' top: 'p' }"
                + "layers { layer { name: 'r' type: 'relu' } bottom: 'p' top: 'r' }"), "test"));
        assertTrue(e.getMessage().contains("pad1") && e.getMessage().contains("relu"), e.getMessage());
    }

    @Test
    void mixedFormatsAreRefused() {
        NetDefinitionException e = assertThrows(NetDefinitionException.class,
                () -> NetUpgrade.upgrade(raw("layer { name: 'a' } layers { name: 'b' }"), "test"));
        assertTrue(e.getMessage().contains("Refusing to upgrade inconsistent NetParameter input"), e.getMessage());
    }

    @Test
    void inputWithoutShapeIsDropped() {
        assertEquals(raw("layer { name: 'a' }"), NetUpgrade.upgrade(raw("input: 'x' layer { name: 'a' }"), "test"));
    }

    @Test
    void inputShapesBecomeOneLayer() {
        assertEquals(raw("layer { name: 'input' type: 'Input' top: 'x' top: 'y' input_param { shape { dim: 2 dim: 3 } shape { dim: 4 } } }"
                + "layer { name: 'a' }"),
                NetUpgrade.upgrade(raw("input: 'x' input: 'y' input_shape { dim: 2 dim: 3 } input_shape { dim: 4 }"
                        + " layer { name: 'a' }"), "t"));
    }

    @ParameterizedTest
    @ValueSource(strings = {"input: 'x' input: 'y' input_shape { dim: 2 }", "input: 'x' input_dim: 1 input_dim: 2 input_dim: 3"})
    void tooFewInputShapesAreAnError(String text) {
        assertThrows(NetDefinitionException.class, () -> NetUpgrade.upgrade(raw(text), "test"));
    }

    @Test
    void legacyFileReadsFromDisk(@org.junit.jupiter.api.io.TempDir Path folder) throws IOException {
        Path file = folder.resolve("net.prototxt");
        Files.write(file, "# caf\u00e9\ninput: 'x' input_dim: 1 input_dim: 2 input_dim: 3 input_dim: 4"
                .getBytes(StandardCharsets.ISO_8859_1));
        assertEquals("Input", PrototxtReader.readNet(file).getLayer(0).getType());
    }
}
