package org.caffe4j.layer;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;

import org.caffe4j.Blob;
import org.caffe4j.Phase;

/** For tests: a layer gives the same values and gradients in place as with a top of its own. */
public final class InPlaceCheck {
    private InPlaceCheck() {}

    /** Bottoms get values in [low, high). */
    public static void check(Phase phase, String description, double low, double high, long[]... shapes) {
        try (LayerRunner apart = filled(new LayerRunner(phase, description, 1, shapes), low, high);
                LayerRunner inPlace = filled(new LayerRunner(phase, description, 1, shapes), low, high).inPlace()) {
            // Twice: what the first pass keeps must not show in the second.
            for (int pass = 0; pass < 2; pass++) {
                assertArrayEquals(apart.forward(), inPlace.forward(), 1e-6f, description + ", pass " + pass);
                LayerRunner.fill(apart.top.get(0).diff(), 99, -1, 1);
                LayerRunner.fill(inPlace.top.get(0).diff(), 99, -1, 1);
                apart.backward();
                inPlace.backward();
                for (int i = 0; i < apart.bottom.size(); i++) {
                    compareDiffs(apart.bottom.get(i), inPlace.bottom.get(i), description + ", pass " + pass + ", bottom " + i);
                }
                for (int i = 0; i < apart.layer.blobs().size(); i++) {
                    compareDiffs(apart.layer.blobs().get(i), inPlace.layer.blobs().get(i), description + ", pass " + pass + ", param " + i);
                }
                LayerRunner.fill(apart.bottom.get(0).data(), 5, low, high);
                LayerRunner.fill(inPlace.bottom.get(0).data(), 5, low, high);
            }
        }
    }

    private static LayerRunner filled(LayerRunner run, double low, double high) {
        run.fillAll(1);
        LayerRunner.fill(run.bottom.get(0).data(), 3, low, high);
        return run;
    }

    private static void compareDiffs(Blob expected, Blob actual, String what) {
        assertArrayEquals(expected.diff().toArray(), actual.diff().toArray(), 1e-5f, what);
    }
}
