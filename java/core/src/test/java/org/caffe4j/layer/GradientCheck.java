package org.caffe4j.layer;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.util.ArrayList;
import java.util.List;
import org.caffe4j.Blob;
import org.caffe4j.Tensor;

/**
 * For tests: compares a layer's gradients with central differences of the objective Σ w·top, where w are fixed random weights (for a
 * loss layer the objective is the loss). Checks every element of every chosen bottom and of all learned blobs.
 */
public final class GradientCheck {
    private final double step;
    private final double tolerance;
    private double kink = Double.NaN;
    private double kinkRange;
    private boolean bottomsOnly;
    private boolean blobsOnly;

    /**
     * @param step half the distance of the two evaluations
     * @param tolerance allowed difference, relative to max(1, |gradient|)
     */
    public GradientCheck(double step, double tolerance) {
        this.step = step;
        this.tolerance = tolerance;
    }

    /** Leaves out elements within {@code range} of a value where the function has no derivative. */
    public GradientCheck kink(double at, double range) {
        kink = at;
        kinkRange = range;
        return this;
    }

    /** Leaves out the learned blobs, for layers that do not learn them. */
    public GradientCheck bottomsOnly() {
        bottomsOnly = true;
        return this;
    }

    /** Leaves out all bottoms, for layers that have no gradient for any. */
    public GradientCheck blobsOnly() {
        blobsOnly = true;
        return this;
    }

    /** Runs the check on bottoms (by index; none named = all) and on every learned blob. */
    public void check(LayerRunner runner, int... bottoms) {
        boolean[] down = new boolean[runner.bottom.size()];
        for (int i = 0; i < down.length; i++) {
            down[i] = bottoms.length == 0 && !blobsOnly;
        }
        for (int b : bottoms) {
            down[b] = true;
        }
        runner.forward();
        List<float[]> weights = new ArrayList<>();
        for (int i = 0; i < runner.top.size(); i++) {
            Tensor diff = runner.top.get(i).diff();
            if (runner.layer.defaultLossWeight(i) != 0) {
                diff.fill(runner.layer.defaultLossWeight(i));
            } else {
                LayerRunner.fill(diff, 4711 + i, -1, 1);
            }
            weights.add(diff.toArray());
        }
        runner.layer.blobs().forEach(blob -> blob.diff().fill(0));
        runner.backward(down);
        for (int i = 0; i < down.length; i++) {
            if (down[i]) {
                compare(runner, runner.bottom.get(i), weights, "bottom " + i);
            }
        }
        for (int i = 0; i < runner.layer.blobs().size() && !bottomsOnly; i++) {
            compare(runner, runner.layer.blobs().get(i), weights, "param " + i);
        }
    }

    private void compare(LayerRunner runner, Blob blob, List<float[]> weights, String what) {
        float[] computed = blob.diff().toArray();
        float[] values = blob.data().toArray();
        for (int i = 0; i < values.length; i++) {
            float value = values[i];
            if (Math.abs(Math.abs(value) - kink) <= kinkRange) {
                continue;
            }
            values[i] = (float) (value + step);
            double width = values[i];
            blob.data().set(values);
            double above = objective(runner, weights);
            values[i] = (float) (value - step);
            width -= values[i];
            blob.data().set(values);
            double below = objective(runner, weights);
            values[i] = value;
            blob.data().set(values);
            double estimated = (above - below) / width;
            double scale = Math.max(1, Math.max(Math.abs(estimated), Math.abs(computed[i])));
            assertEquals(estimated, computed[i], tolerance * scale, what + ", element " + i + " of " + blob.shapeString() + ", value " + value);
        }
    }

    private static double objective(LayerRunner runner, List<float[]> weights) {
        runner.forward();
        double sum = 0;
        for (int t = 0; t < weights.size(); t++) {
            float[] y = runner.top.get(t).data().toArray();
            for (int i = 0; i < y.length; i++) {
                sum += (double) y[i] * weights.get(t)[i];
            }
        }
        return sum;
    }
}
