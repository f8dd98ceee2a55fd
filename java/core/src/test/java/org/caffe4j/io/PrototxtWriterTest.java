package org.caffe4j.io;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Random;
import org.caffe4j.proto.NetParameter;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class PrototxtWriterTest {
    @ParameterizedTest
    @CsvSource({"1,1", "0.1,0.1", "1e-5,1e-05", "0.0001,0.0001", "123456,123456", "1234567,1234567", "1e10,1e+10", "0.33333334,0.333333343",
        "-0.0,-0", "0,0", "3.4028235e38,3.40282347e+38", "Infinity,inf", "-Infinity,-inf", "NaN,nan", "16777216,16777216", "1e6,1e+06",
        "1.4e-45,1.4013e-45"})
    void floatsAsCaffePrintsThem(float value, String text) {
        assertEquals(text, PrototxtWriter.number(value));
    }

    @Test
    void everyNumberReadsBack() {
        long seed = new Random().nextLong();
        Random random = new Random(seed);
        for (int i = 0; i < 20_000; i++) {
            float f = Float.intBitsToFloat(random.nextInt());
            double d = Double.longBitsToDouble(random.nextLong());
            if (Float.isFinite(f) && Double.isFinite(d)) {
                assertEquals(f, Float.parseFloat(PrototxtWriter.number(f)), () -> "seed " + seed);
                assertEquals(d, Double.parseDouble(PrototxtWriter.number(d)), () -> "seed " + seed);
            }
        }
    }

    @Test
    void messageReadsBackFromFile(@TempDir Path folder) {
        NetParameter net = PrototxtReader.parseNet("name: 'q\"\\\\\\n\\303\\251' layer { name: 'a' loss_weight: [1, 0.25]"
                + " input_param { shape { dim: -1 dim: 3 } } pooling_param { pool: AVE } }", "test");
        Path file = folder.resolve("net.prototxt");
        PrototxtWriter.write(file, net);
        assertEquals(net, PrototxtReader.readNet(file));
        assertEquals(1, folder.toFile().list().length);
        assertEquals(true, Files.isReadable(file));
    }
}
