package org.caffe4j.layer.shape;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import org.caffe4j.NetDefinitionException;
import org.caffe4j.Phase;
import org.caffe4j.ShapeException;
import org.caffe4j.layer.GradientCheck;
import org.caffe4j.layer.InPlaceCheck;
import org.caffe4j.layer.LayerRunner;
import org.junit.jupiter.api.Test;

class EltwiseLayerTest {
    private static LayerRunner three(String param) {
        LayerRunner run = LayerRunner.of("type: 'Eltwise' eltwise_param { " + param + " }", 1,
            new long[] {4}, new long[] {4}, new long[] {4});
        run.bottom.get(0).data().set(1, 2, 3, 0);
        run.bottom.get(1).data().set(1, 5, -3, 2);
        run.bottom.get(2).data().set(1, 5, 4, 2);
        return run;
    }

    @Test
    void sumsWithCoefficients() {
        try (LayerRunner run = three("")) {
            assertArrayEquals(new float[] {3, 12, 4, 4}, run.forward());
        }
        try (LayerRunner run = three("coeff: 1 coeff: -1 coeff: 0.5")) {
            assertArrayEquals(new float[] {0.5f, -0.5f, 8, -1}, run.forward());
        }
    }

    @Test
    void multiplies() {
        try (LayerRunner run = three("operation: PROD")) {
            assertArrayEquals(new float[] {1, 50, -36, 0}, run.forward());
        }
    }

    @Test
    void largestValueAndWhoseItIs() {
        try (LayerRunner run = three("operation: MAX")) {
            assertArrayEquals(new float[] {1, 5, 4, 2}, run.forward());
            run.top.get(0).diff().set(1, 2, 3, 4);
            run.backward();
            assertArrayEquals(new float[] {0, 0, 0, 0}, run.bottom.get(0).diff().toArray());
            assertArrayEquals(new float[] {1, 2, 0, 4}, run.bottom.get(1).diff().toArray());
            assertArrayEquals(new float[] {0, 0, 3, 0}, run.bottom.get(2).diff().toArray());
        }
    }

    @Test
    void gradients() {
        String[] params = {"", "coeff: 2 coeff: -0.5 coeff: 1", "operation: PROD", "operation: PROD stable_prod_grad: false",
            "operation: MAX"};
        for (String param : params) {
            try (LayerRunner run = LayerRunner.of("type: 'Eltwise' eltwise_param { " + param + " }", 1, new long[] {2, 3, 2},
                    new long[] {2, 3, 2}, new long[] {2, 3, 2})) {
                run.fillAll(1);
                run.bottom.forEach(blob -> LayerRunner.fill(blob.data(), 3 + run.bottom.indexOf(blob), 0.2, 2));
                new GradientCheck(1e-3, 1e-2).check(run);
            }
        }
    }

    @Test
    void sumInPlace() {
        try (LayerRunner run = LayerRunner.of("type: 'Eltwise' eltwise_param { coeff: 2 coeff: 3 }", 1,
                new long[] {2}, new long[] {2}).inPlace()) {
            run.bottom.get(0).data().set(1, 2);
            run.bottom.get(1).data().set(10, 20);
            assertArrayEquals(new float[] {32, 64}, run.forward());
            run.top.get(0).diff().set(1, -1);
            run.backward();
            assertArrayEquals(new float[] {2, -2}, run.bottom.get(0).diff().toArray());
            assertArrayEquals(new float[] {3, -3}, run.bottom.get(1).diff().toArray());
        }
    }

    @Test
    void gradientsInPlace() {
        long[] shape = {2, 3, 2};
        for (String param : new String[] {"coeff: 2 coeff: -1 coeff: 3", "operation: PROD", "operation: PROD stable_prod_grad: false",
                "operation: MAX"}) {
            InPlaceCheck.check(Phase.TEST, "type: 'Eltwise' eltwise_param { " + param + " }", -1, 1, shape, shape, shape);
        }
    }

    @Test
    void refusesWhatDoesNotFit() {
        long[] two = {2};
        assertThrows(ShapeException.class, () -> LayerRunner.of("type: 'Eltwise'", 1, two, new long[] {3}));
        assertThrows(NetDefinitionException.class, () -> LayerRunner.of("type: 'Eltwise' eltwise_param { coeff: 1 }", 1, two, two));
        assertThrows(NetDefinitionException.class,
                () -> LayerRunner.of("type: 'Eltwise' eltwise_param { operation: PROD coeff: 1 coeff: 1 }", 1, two, two));
    }
}
