package example;

import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.file.Files;
import java.nio.file.Path;
import org.caffe4j.ModelFormatException;
import org.caffe4j.Natives;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class StripesTest {
    @Test
    void theTrainedNetRecognisesNewImages(@TempDir Path folder) {
        Path weights = folder.resolve("stripes.caffemodel");
        float loss = Stripes.train(Path.of("solver.prototxt"), weights);
        double accuracy = Stripes.accuracy(Path.of("deploy.prototxt"), weights, 300);
        System.out.println(Natives.description() + ": loss " + loss + ", accuracy " + accuracy);
        assertTrue(loss < 0.2, "loss " + loss);
        assertTrue(accuracy >= 0.95, "accuracy " + accuracy);
    }

    @Test
    void aBrokenFileIsAnExceptionAndTheProcessGoesOn(@TempDir Path folder) throws Exception {
        Path broken = Files.write(folder.resolve("broken.caffemodel"), new byte[] {1, 2, 3, 4, 5});
        assertThrows(ModelFormatException.class, () -> Stripes.accuracy(Path.of("deploy.prototxt"), broken, 1));
    }
}
