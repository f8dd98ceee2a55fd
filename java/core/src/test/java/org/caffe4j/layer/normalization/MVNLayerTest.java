package org.caffe4j.layer.normalization;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import org.caffe4j.ShapeException;
import org.caffe4j.layer.GradientCheck;
import org.caffe4j.layer.LayerRunner;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class MVNLayerTest {
    private static LayerRunner mvn(String param, long... shape) {
        return LayerRunner.of("type: 'MVN' mvn_param { " + param + " }", 1, shape);
    }

    @Test
    void normalizesEachChannelOrTheImage() {
        try (LayerRunner each = mvn("eps: 1", 1, 2, 1, 2); LayerRunner image = mvn("across_channels: true normalize_variance: false", 1, 2, 1, 2)) {
            each.bottom.get(0).data().set(1, 3, 4, 10);
            assertArrayEquals(new float[] {-0.5f, 0.5f, -0.75f, 0.75f}, each.forward(), 1e-6f);
            image.bottom.get(0).data().set(1, 3, 4, 12);
            assertArrayEquals(new float[] {-4, -2, -1, 7}, image.forward(), 1e-6f);
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"", "across_channels: true", "normalize_variance: false", "normalize_variance: false across_channels: true"})
    void gradientAlsoInPlace(String param) {
        try (LayerRunner run = mvn(param, 2, 2, 3, 4).fillAll(1); LayerRunner inPlace = mvn(param, 2, 2, 3, 4).inPlace().fillAll(1)) {
            new GradientCheck(1e-2, 2e-3).check(run);
            LayerRunner.fill(run.top.get(0).diff(), 9, -1, 1);
            run.forward();
            run.backward();
            inPlace.forward();
            inPlace.top.get(0).diff().copyFrom(run.top.get(0).diff());
            inPlace.backward();
            assertArrayEquals(run.bottom.get(0).diff().toArray(), inPlace.bottom.get(0).diff().toArray(), 1e-6f);
        }
    }

    @Test
    void fewerAxesAreLegacyShapes() {
        try (LayerRunner run = mvn("across_channels: true normalize_variance: false", 2, 2)) {
            run.bottom.get(0).data().set(1, 3, 5, 9);
            assertArrayEquals(new float[] {-1, 1, -2, 2}, run.forward());
        }
        assertThrows(ShapeException.class, () -> mvn("", 1, 1, 1, 1, 1));
    }
}
