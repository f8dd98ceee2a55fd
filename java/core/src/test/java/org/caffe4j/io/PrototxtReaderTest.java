package org.caffe4j.io;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.caffe4j.ModelFormatException;
import org.caffe4j.NetDefinitionException;
import org.caffe4j.proto.LayerParameter;
import org.caffe4j.proto.NetParameter;
import org.caffe4j.proto.PoolingParameter;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class PrototxtReaderTest {
    @TempDir
    Path folder;

    private static String error(String text) {
        return assertThrows(NetDefinitionException.class, () -> PrototxtReader.parseNet(text, "net.prototxt")).getMessage();
    }

    private static void assertContains(String message, String... parts) {
        for (String part : List.of(parts)) {
            assertTrue(message.contains(part), () -> "expected '" + part + "' in: " + message);
        }
    }

    @Test
    void unknownFieldNamesFileLineFieldAndNearName() {
        String message = error("name: 'n'\nlayer {\n  name: 'conv1' type: 'Convolution'\n  convolution_param { kernal_size: 3 }\n}\n");
        assertContains(message, "net.prototxt:4:", "kernal_size", "ConvolutionParameter", "did you mean 'kernel_size'?",
                "\n      convolution_param { kernal_size: 3 }\n");
        String caret = message.substring(message.lastIndexOf('\n') + 1);
        assertEquals(message.split("\n")[1].indexOf("kernal_size"), caret.indexOf('^'));
    }

    @Test
    void unknownFieldFarFromAnyNameHasNoHint() {
        assertTrue(!error("zzzzqqqq: 3").contains("did you mean"));
    }

    @Test
    void unknownSubMessageIsAnError() {
        assertContains(error("layer {\n  name: 'a'\n  permute_param { order: 0 }\n}"), "net.prototxt:3:", "permute_param",
                "LayerParameter");
    }

    @Test
    void wrongEnumValueNamesIt() {
        assertContains(error("layer {\n pooling_param { pool: MAXX } }"), "net.prototxt:2:", "MAXX");
    }

    @Test
    void wrongNumberAndTruncationName() {
        assertContains(error("layer {\n inner_product_param {\n num_output: ten } }"), "net.prototxt:3:", "num_output: ten");
        assertContains(error("layer {\n name: 'a'\n"), "net.prototxt:");
        assertContains(error("layer {\n name: 'a\n}"), "net.prototxt:2:");
    }

    @Test
    void singularFieldGivenTwiceIsAnError() {
        assertContains(error("layer {\n  name: 'a'\n  name: 'b'\n}"), "net.prototxt:3:", "name");
    }

    @Test
    void spellingsThatCaffeTakes() {
        NetParameter net = PrototxtReader.parseNet("\n# comment\nname: \"a\" 'b'; force_backward: 1, layer: <name: 'p' loss_weight: 1.f"
                + " loss_weight: .5 loss_weight: 1e-3 loss_weight: 2. loss_weight: inf loss_weight: 3 pooling_param { pool: 1"
                + " kernel_size: 0x10 }"
                + " dropout_param { dropout_ratio: 0.5f } propagate_down: t propagate_down: false transform_param {"
                + " mirror: True } >", "test");
        assertEquals("ab", net.getName());
        assertTrue(net.getForceBackward());
        LayerParameter layer = net.getLayer(0);
        assertEquals(List.of(1f, 0.5f, 1e-3f, 2f, Float.POSITIVE_INFINITY, 3f), layer.getLossWeightList());
        assertEquals(PoolingParameter.PoolMethod.AVE, layer.getPoolingParam().getPool());
        assertEquals(16, layer.getPoolingParam().getKernelSize());
        assertEquals(List.of(true, false), layer.getPropagateDownList());
        assertTrue(layer.getTransformParam().getMirror());
    }

    @Test
    void byteOrderMarkIsSkipped() throws IOException {
        Path file = folder.resolve("bom.prototxt");
        Files.write(file, "\ufeffname: 'n\u00e9'".getBytes(StandardCharsets.UTF_8));
        assertEquals("n\u00e9", PrototxtReader.readNet(file).getName());
    }

    @Test
    void filesOfOtherKindsAreNamed() throws IOException {
        Path missing = folder.resolve("missing.prototxt");
        assertContains(assertThrows(NetDefinitionException.class, () -> PrototxtReader.readNet(missing)).getMessage(),
                missing.toString(), "no such file");
        Path model = Golden.resource("tools/upgrade/v1_binary").resolve("old.caffemodel");
        assertContains(assertThrows(NetDefinitionException.class, () -> PrototxtReader.readNet(model)).getMessage(), "caffemodel",
                "binary NetParameter");
        Path html = folder.resolve("html.prototxt");
        Files.writeString(html, "<!DOCTYPE html><html>Not found</html>");
        assertContains(assertThrows(NetDefinitionException.class, () -> PrototxtReader.readNet(html)).getMessage(), "HTML");
        assertContains(assertThrows(NetDefinitionException.class, () -> PrototxtReader.readSolver(folder)).getMessage(), folder.toString());
    }

    @Test
    void binaryReaderRefusesText() throws IOException {
        Path text = folder.resolve("net.prototxt");
        Files.writeString(text, "name: 'n' layer { name: 'a' }");
        assertContains(assertThrows(ModelFormatException.class, () -> PrototxtReader.readNetBinary(text)).getMessage(), text.toString(),
                "byte", "text");
        assertThrows(ModelFormatException.class, () -> PrototxtReader.readNetBinary(folder.resolve("missing")));
    }
}
