package org.caffe4j.layer;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.caffe4j.Blob;
import org.caffe4j.Context;
import org.caffe4j.Tensor;
import org.caffe4j.TestDevice;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** Which layers compute on a GPU where their values are: those that {@link BuiltInLayers#ON_HOST} does not name. */
class LayersOnGpuTest {
    /** Copies that an iteration makes: the indices of the items that Filter chose. */
    private static final Map<String, Long> TO_DEVICE = Map.of("Filter", 1L);
    static List<EveryLayerTest.Row> rows() throws IOException {
        List<EveryLayerTest.Row> rows = new ArrayList<>(EveryLayerTest.rows());
        for (String line : List.of("Accuracy | 4 3;4 = 0 2 1 | 2 | accuracy_param { top_k: 2 ignore_label: 1 } | none |",
            "DummyData | | 2 | dummy_data_param { shape { dim: 2 dim: 3 } data_filler { type: 'xavier' } data_filler { value: 2 } } | none |",
            "ArgMax | 4 6 | 1 | argmax_param { top_k: 2 out_max_val: true } | none |",
            "Threshold | 2 3 | 1 | | none |")) {
            rows.add(EveryLayerTest.row(line));
        }
        return rows;
    }

    @ParameterizedTest
    @MethodSource("rows")
    void computesWhereTheValuesAre(EveryLayerTest.Row row) {
        Assumptions.assumeTrue(TestDevice.isGpu(), "the device under test is the CPU");
        try (LayerRunner run = EveryLayerTest.runner(row)) {
            EveryLayerTest.fill(row, run);
            step(row, run); // brings over what is learned, labels and indices
            Context.Transfers before = run.context.transfers();
            step(row, run);
            Context.Transfers after = run.context.transfers();
            boolean loss = row.type().endsWith("Loss");
            boolean valueOnHost = loss || row.type().equals("Parameter") || run.top.isEmpty();
            boolean resultsThere = valueOnHost || isOnGpu(run, run.top.get(0).data());
            int[] wanted = EveryLayerTest.gradients(row, run.bottom.size());
            boolean gradientsThere = wanted.length == 0;
            for (int i : wanted) {
                gradientsThere |= isOnGpu(run, run.bottom.get(i).diff());
            }
            boolean copiesNothing = after.toDevice() - before.toDevice() == TO_DEVICE.getOrDefault(row.type(), 0L)
                && after.toHost() - before.toHost() <= (loss ? 1 : 0);
            assertEquals(!BuiltInLayers.ON_HOST.contains(row.type()), resultsThere && gradientsThere && copiesNothing,
                () -> row + ": copied " + before + " to " + after);
        }
    }

    /** Whether the host has to have the values copied to read them; zeros may be nowhere. */
    private static boolean isOnGpu(LayerRunner run, Tensor values) {
        long before = run.context.transfers().toHost();
        return values.asum() == 0 || run.context.transfers().toHost() > before;
    }

    private static void step(EveryLayerTest.Row row, LayerRunner run) {
        run.context.seed(1);
        for (int i = 0; i < run.bottom.size(); i++) {
            if (!row.isGiven(i)) {
                computeOnGpu(run.bottom.get(i).data());
            }
        }
        run.layer.reshape(run.bottom, run.top);
        run.layer.forward(run.bottom, run.top);
        int[] wanted = EveryLayerTest.gradients(row, run.bottom.size());
        if (wanted.length == 0 && run.layer.blobs().isEmpty()) {
            return;
        }
        boolean[] down = new boolean[run.bottom.size()];
        for (int i : wanted) {
            down[i] = true;
        }
        for (Blob top : run.top) {
            if (row.type().endsWith("Loss")) {
                top.diff().set(new float[] {0.5f}); // its weight, which the host has
            } else {
                top.diff().fill(0.5f);
            }
        }
        run.layer.backward(run.top, down, run.bottom);
    }

    /** As a layer below would leave them: the GPU alone has the newest values. */
    private static void computeOnGpu(Tensor values) {
        values.scale(1);
    }
}
