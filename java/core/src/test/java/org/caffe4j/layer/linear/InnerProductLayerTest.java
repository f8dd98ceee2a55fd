package org.caffe4j.layer.linear;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import org.caffe4j.DataException;
import org.caffe4j.NetDefinitionException;
import org.caffe4j.Phase;
import org.caffe4j.ShapeException;
import org.caffe4j.layer.GradientCheck;
import org.caffe4j.layer.LayerRunner;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class InnerProductLayerTest {
    private static final GradientCheck GRADIENT = new GradientCheck(1e-2, 1e-3);

    @ParameterizedTest
    @ValueSource(strings = {"", "transpose: true", "bias_term: false", "axis: 2", "axis: -1 transpose: true"})
    void gradients(String fields) {
        for (Phase phase : Phase.values()) {
            try (LayerRunner run = new LayerRunner(phase, "type: 'InnerProduct' inner_product_param { num_output: 5 " + fields + " }", 1,
                    new long[] {6, 3, 2, 4})) {
                GRADIENT.check(run.fillAll(1));
            }
        }
    }

    @Test
    void leadingAxesStay() {
        try (LayerRunner run = LayerRunner.of("type: 'InnerProduct' inner_product_param { num_output: 5 axis: 2 }", 1, new long[] {2, 3, 4, 5})) {
            assertArrayEquals(new long[] {2, 3, 5}, run.top.get(0).shape());
        }
    }

    @Test
    void anotherInputSizeNamesBothSizes() {
        try (LayerRunner run = LayerRunner.of("name: 'fc6' type: 'InnerProduct' inner_product_param { num_output: 5 }", 1, new long[] {2, 3, 4, 4})) {
            run.bottom.get(0).reshape(2, 3, 5, 4);
            ShapeException e = assertThrows(ShapeException.class, run::forward);
            assertTrue(e.getMessage().contains("layer 'fc6' (InnerProduct)") && e.getMessage().contains("48") && e.getMessage().contains("60"),
                    e.getMessage());
        }
        assertThrows(NetDefinitionException.class, () -> LayerRunner.of("type: 'InnerProduct'", 1, new long[] {2, 3}).close());
    }

    @Test
    void embedLooksUpRows() {
        try (LayerRunner run = LayerRunner.of("type: 'Embed' embed_param { num_output: 2 input_dim: 3 }", 1, new long[] {2, 2})) {
            run.layer.blobs().get(0).data().set(1, 2, 3, 4, 5, 6);
            run.layer.blobs().get(1).data().set(10, 20);
            run.bottom.get(0).data().set(2, 0, 1, 2);
            assertArrayEquals(new float[] {15, 26, 11, 22, 13, 24, 15, 26}, run.forward());
            assertArrayEquals(new long[] {2, 2, 2}, run.top.get(0).shape());
            run.top.get(0).diff().set(1, 2, 3, 4, 5, 6, 7, 8);
            run.backward(false);
            assertArrayEquals(new float[] {3, 4, 5, 6, 8, 10}, run.layer.blobs().get(0).diff().toArray());
            assertArrayEquals(new float[] {16, 20}, run.layer.blobs().get(1).diff().toArray());
            run.bottom.get(0).data().set(2, 3, 1, 2);
            DataException e = assertThrows(DataException.class, run::forward);
            assertTrue(e.getMessage().contains("index 3 at position 1"), e.getMessage());
            run.bottom.get(0).data().set(Float.NaN, 0, 0, 0);
            assertThrows(DataException.class, run::forward);
            assertThrows(NetDefinitionException.class, () -> run.backward(true));
        }
    }
}
