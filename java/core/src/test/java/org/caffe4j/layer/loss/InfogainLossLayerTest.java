package org.caffe4j.layer.loss;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.caffe4j.DataException;
import org.caffe4j.NetDefinitionException;
import org.caffe4j.ShapeException;
import org.caffe4j.TestDevice;
import org.caffe4j.layer.GradientCheck;
import org.caffe4j.layer.LayerRunner;
import org.caffe4j.proto.BlobProto;
import org.caffe4j.proto.BlobShape;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class InfogainLossLayerTest {
    private static LayerRunner infogain(String lossParam, int tops) {
        LayerRunner run = LayerRunner.of("type: 'InfogainLoss' loss_param { " + lossParam + " }", tops, new long[] {2, 3, 2},
                new long[] {2, 1, 2}, new long[] {1, 1, 3, 3}).fillAll(1);
        run.bottom.get(1).data().set(0, 2, 1, 2);
        return run;
    }

    private static double expected(LayerRunner run, int ignored, double divisor) {
        float[] x = run.bottom.get(0).data().toArray();
        float[] h = run.bottom.get(2).data().toArray();
        float[] labels = run.bottom.get(1).data().toArray();
        double loss = 0;
        for (int i = 0; i < 4; i++) {
            if (labels[i] == ignored) {
                continue;
            }
            double sum = 0;
            for (int l = 0; l < 3; l++) {
                sum += Math.exp(x[i / 2 * 6 + l * 2 + i % 2]);
            }
            for (int l = 0; l < 3; l++) {
                loss -= h[(int) labels[i] * 3 + l] * (x[i / 2 * 6 + l * 2 + i % 2] - Math.log(sum));
            }
        }
        return loss / divisor;
    }

    @Test
    void weighsEveryLogarithm() {
        try (LayerRunner run = infogain("", 2)) {
            assertEquals(expected(run, -1, 4), run.forward()[0], 1e-5);
            float[] p = run.top.get(1).data().toArray();
            assertEquals(1, p[0] + p[2] + p[4], 1e-6);
        }
        try (LayerRunner run = infogain("ignore_label: 2 normalization: BATCH_SIZE", 1)) {
            assertEquals(expected(run, 2, 2), run.forward()[0], 1e-5);
        }
    }

    @Test
    void gradient() {
        for (String param : new String[] {"", "ignore_label: 2"}) {
            try (LayerRunner run = infogain(param, 1)) {
                new GradientCheck(1e-2, 1e-3).check(run, 0);
            }
        }
    }

    @Test
    void readsTheMatrixFromAFile(@TempDir Path folder) throws IOException {
        Path file = folder.resolve("h.binaryproto");
        BlobProto.Builder blob = BlobProto.newBuilder().setShape(BlobShape.newBuilder().addDim(1).addDim(1).addDim(2).addDim(2));
        for (float v : new float[] {1, 0, 0, 2}) {
            blob.addData(v);
        }
        Files.write(file, blob.build().toByteArray());
        String description = "type: 'InfogainLoss' infogain_loss_param { source: '" + file + "' }";
        try (LayerRunner run = LayerRunner.of(description, 1, new long[] {2, 2}, new long[] {2})) {
            run.bottom.get(1).data().set(0, 1);
            assertEquals(3 * Math.log(2) / 2, run.forward()[0], 1e-6);
            run.top.get(0).diff().set(1);
            run.backward(true, false);
            assertArrayEquals(new float[] {-0.25f, 0.25f, 0.5f, -0.5f}, run.bottom.get(0).diff().toArray(), 1e-6f);
        }
        assertThrows(ShapeException.class, () -> LayerRunner.of(description, 1, new long[] {2, 3}, new long[] {2}));
    }

    @Test
    void theEngineIsThatOfTheSoftmax() {
        String cudnn = "type: 'InfogainLoss' softmax_param { engine: CUDNN }";
        long[][] shapes = {{2, 3}, {2}, {3, 3}};
        if (TestDevice.isGpu()) {
            LayerRunner.of(cudnn, 1, shapes).close();
        } else {
            var e = assertThrows(NetDefinitionException.class, () -> LayerRunner.of(cudnn, 1, shapes));
            assertTrue(e.getMessage().contains("unknown engine"), e.getMessage());
        }
    }

    @Test
    void refusesWhatDoesNotFit() {
        var missing = assertThrows(NetDefinitionException.class,
                () -> LayerRunner.of("type: 'InfogainLoss'", 1, new long[] {2, 3}, new long[] {2}));
        assertTrue(missing.getMessage().contains("Infogain matrix source must be specified"), missing.getMessage());
        assertThrows(NetDefinitionException.class, () -> infogain("normalize: true", 1));
        try (LayerRunner run = infogain("", 1)) {
            run.forward();
            assertThrows(NetDefinitionException.class, () -> run.backward(true, true, false));
            assertThrows(NetDefinitionException.class, () -> run.backward(true, false, true));
            run.bottom.get(1).data().set(0, 1, -1, 2);
            assertThrows(DataException.class, run::forward);
        }
    }
}
