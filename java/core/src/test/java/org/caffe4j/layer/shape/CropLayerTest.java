package org.caffe4j.layer.shape;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import java.util.Arrays;
import org.caffe4j.CaffeException;
import org.caffe4j.NetDefinitionException;
import org.caffe4j.ShapeException;
import org.caffe4j.layer.GradientCheck;
import org.caffe4j.layer.LayerRunner;
import org.junit.jupiter.api.Test;

class CropLayerTest {
    private static LayerRunner of(String param, long[] shape, long[] size) {
        return LayerRunner.of("type: 'Crop' crop_param { " + param + " }", 1, shape, size);
    }

    @Test
    void cutsFromTheOffset() {
        try (LayerRunner run = of("axis: 1 offset: 1 offset: 2", new long[] {1, 3, 4}, new long[] {9, 2, 2})) {
            run.bottom.get(0).data().set(0, 1, 2, 3, 10, 11, 12, 13, 20, 21, 22, 23);
            assertArrayEquals(new float[] {12, 13, 22, 23}, run.forward());
            assertArrayEquals(new long[] {1, 2, 2}, run.top.get(0).shape());
        }
    }

    @Test
    void gradientGoesToTheFirstBottomOnly() {
        for (String param : new String[] {"", "offset: 1", "axis: -1 offset: 2", "axis: 1 offset: 1 offset: 0 offset: 1"}) {
            try (LayerRunner run = of(param, new long[] {2, 4, 5, 6}, new long[] {2, 3, 4, 4})) {
                new GradientCheck(1e-2, 1e-3).check(run.fillAll(1), 0);
                run.bottom.get(1).diff().fill(3);
                run.backward(false, true);
                assertArrayEquals(new float[] {3, 3}, Arrays.copyOf(run.bottom.get(1).diff().toArray(), 2));
            }
        }
    }

    private static void refused(Class<? extends CaffeException> kind, String param, long[] shape, long[] size) {
        assertThrows(kind, () -> of(param, shape, size), param);
    }

    @Test
    void refusesWhatDoesNotFit() {
        long[] shape = {2, 4, 5, 6};
        refused(NetDefinitionException.class, "axis: 1 offset: 1 offset: 1", shape, new long[] {2, 3, 4, 4});
        refused(ShapeException.class, "", shape, new long[] {2, 4, 5, 7});
        refused(ShapeException.class, "offset: 2", shape, new long[] {2, 4, 4, 4});
        refused(ShapeException.class, "offset: 4294967295", shape, new long[] {2, 4, 4, 4});
        refused(ShapeException.class, "", shape, new long[] {2, 4, 4});
        refused(ShapeException.class, "axis: 4", shape, shape);
    }
}
