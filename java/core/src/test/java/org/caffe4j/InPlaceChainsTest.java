package org.caffe4j;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.Map;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** The usual chains of layers that work in place on one blob give the values and gradients that they give with a blob for each layer. */
class InPlaceChainsTest {
    private static final Map<String, String> FIELDS = Map.of("Convolution", "convolution_param { num_output: 12 kernel_size: 3 pad: 1 }",
        "InnerProduct", "inner_product_param { num_output: 12 }", "Scale", "scale_param { bias_term: true }",
        "Dropout", "dropout_param { dropout_ratio: 0.25 }", "Power", "power_param { power: 2 shift: 3 }",
        "Clip", "clip_param { min: -0.4 max: 0.6 }", "Eltwise", "bottom: 'side'");

    private static String net(String chain, boolean inPlace) {
        StringBuilder net = new StringBuilder("force_backward: true layer { name: 'in' type: 'Input' top: 'in' input_param { shape { dim: 3 dim: 12 "
            + "dim: 5 dim: 4 } } } ");
        String[] types = chain.split(" ");
        if (chain.contains("Eltwise")) {
            net.append("layer { name: 'side' type: 'Power' bottom: 'in' top: 'side' } ");
        }
        String bottom = "in";
        for (int i = 0; i < types.length; i++) {
            String top = i == 0 ? "x" : i == types.length - 1 ? "last" : inPlace ? bottom : bottom + i;
            net.append("layer { name: 'l").append(i).append("' type: '").append(types[i]).append("' bottom: '").append(bottom).append("' ")
                .append(FIELDS.getOrDefault(types[i], "")).append(" top: '").append(top).append("' } ");
            bottom = top;
        }
        return net.toString();
    }

    @ParameterizedTest
    @ValueSource(strings = {
        "Convolution BatchNorm Scale ReLU Dropout InnerProduct",
        "Convolution ReLU Dropout InnerProduct",
        "Convolution BatchNorm Scale PReLU Convolution",
        "Convolution BatchNorm Scale Eltwise ReLU Convolution",
        "Convolution Bias ELU Convolution",
        "Convolution Scale Power InnerProduct",
        "Convolution Clip Dropout InnerProduct",
        "InnerProduct BatchNorm Scale ReLU Dropout InnerProduct",
        "InnerProduct PReLU Dropout InnerProduct",
        "InnerProduct Scale BNLL InnerProduct",
        "ReLU BatchNorm Scale Sigmoid InnerProduct"})
    void giveTheSame(String chain) {
        for (Phase phase : Phase.values()) {
            Map<String, float[]> apart = LayoutsTest.run(net(chain, false), phase, 3, false);
            Map<String, float[]> inPlace = LayoutsTest.run(net(chain, true), phase, 3, false);
            int compared = 0;
            for (Map.Entry<String, float[]> result : apart.entrySet()) {
                boolean comparable = result.getKey().contains(".param") || result.getKey().matches("\\d (in|last|side)(\\.diff)?");
                if (comparable) {
                    assertArrayEquals(result.getValue(), inPlace.get(result.getKey()), 2e-4f, chain + ", " + phase + ", " + result.getKey());
                    compared++;
                }
            }
            assertTrue(compared >= 8, "compared " + compared);
        }
    }
}
