package org.caffe4j.tools;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.awt.image.BufferedImage;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.regex.Pattern;
import javax.imageio.ImageIO;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class DrawNetCommandTest {
    private static final String NET = """
            name: 'Two ways'
            layer { name: 'reader' type: 'Data' top: 'data' top: 'label' include { phase: TRAIN }
              transform_param { crop_size: 20 } data_param { source: 'none_train' batch_size: 4 backend: LMDB } }
            layer { name: 'reader' type: 'Data' top: 'data' top: 'label' include { phase: TEST }
              transform_param { crop_size: 20 } data_param { source: 'none_test' batch_size: 2 backend: LMDB } }
            layer { name: 'conv' type: 'Convolution' bottom: 'data' top: 'conv' param { lr_mult: 3 } param { lr_mult: 6 }
              convolution_param { num_output: 8 kernel_size: 5 stride: 3 } }
            layer { name: 'relu' type: 'ReLU' bottom: 'conv' top: 'conv' }
            layer { name: 'ip' type: 'InnerProduct' bottom: 'conv' top: 'ip' inner_product_param { num_output: 7 } }
            layer { name: 'top1' type: 'Accuracy' bottom: 'ip' bottom: 'label' top: 'top1' include { phase: TEST } }
            layer { name: 'loss' type: 'SoftmaxWithLoss' bottom: 'ip' bottom: 'label' top: 'loss' }
            """;

    @TempDir
    Path folder;

    private Path net;

    @BeforeEach
    void writeNet() throws IOException {
        net = folder.resolve("net.prototxt");
        Files.writeString(net, NET);
    }

    private String svg(String... flags) throws IOException {
        Path picture = folder.resolve("net.svg");
        String[] arguments = new String[flags.length + 3];
        System.arraycopy(flags, 0, arguments, 3, flags.length);
        System.arraycopy(new String[] {"draw_net", net.toString(), picture.toString()}, 0, arguments, 0, 3);
        CommandLineRun run = CommandLineRun.of(arguments);
        assertEquals(0, run.code(), run.err());
        assertEquals("Drawing net to " + picture + System.lineSeparator(), run.out());
        return Files.readString(picture);
    }

    private static int count(String text, String part) {
        return text.split(Pattern.quote(part), -1).length - 1;
    }

    @Test
    void bothPhasesWithShapesThoughTheDataAreMissing() throws IOException {
        String svg = svg();
        assertTrue(svg.contains("Two ways  ·  7 layers"), svg);
        assertEquals(2, count(svg, ">reader<"));
        assertEquals(2, count(svg, ">TEST<"));
        assertEquals(1, count(svg, ">TRAIN<"));
        assertEquals(1, count(svg, "4×3×20×20"));
        assertEquals(1, count(svg, "2×3×20×20"));
        assertEquals(1, count(svg, "4×8×6×6"));
        assertEquals(2, count(svg, "4×7<"));
        assertTrue(svg.contains("8 of 5×5") && svg.contains("stride 3"), svg);
        assertFalse(svg.contains("lr ×"), svg);
    }

    @Test
    void onePhaseWithMultipliers() throws IOException {
        String svg = svg("--phase", "TEST", "--display_lrm", "--rankdir=TB");
        assertTrue(svg.contains("phase TEST") && svg.contains("none_test") && !svg.contains("none_train"), svg);
        assertEquals(1, count(svg, "2×8×6×6"));
        assertEquals(1, count(svg, "lr × 3, 6"));
        assertEquals(1, count(svg, "lr × 1, 1"));
    }

    @Test
    void unknownLayersAndWhatLiesBehindThemAreDrawnWithoutShapes() throws IOException {
        Files.writeString(net, "layer { name: 'data' type: 'Input' top: 'data' input_param { shape { dim: 5 dim: 6 } } }\n"
                + "layer { name: 'odd' type: 'NoSuchType' bottom: 'data' top: 'odd' }\n"
                + "layer { name: 'prob' type: 'Softmax' bottom: 'odd' top: 'prob' }\n");
        String svg = svg();
        assertEquals(1, count(svg, "5×6"));
        assertTrue(svg.contains("NoSuchType") && svg.contains("Softmax"), svg);
    }

    @Test
    void fromBottomToTopThePictureIsHigh() throws IOException {
        Path picture = folder.resolve("net.png");
        assertEquals(0, CommandLineRun.of("draw_net", net.toString(), picture.toString(), "--rankdir", "BT").code());
        BufferedImage high = ImageIO.read(picture.toFile());
        assertTrue(high.getHeight() > high.getWidth());
    }

    @Test
    void wrongUseIsOneLine() {
        assertTrue(CommandLineRun.of("draw_net", net.toString(), "net.pdf").err().contains("Pictures are written as .png or .svg"));
        assertTrue(CommandLineRun.of("draw_net", net.toString(), "net.png", "--rankdir=XX").err().contains("expected LR, TB, BT or RL"));
        assertEquals(1, CommandLineRun.of("draw_net", net.toString()).code());
    }
}
