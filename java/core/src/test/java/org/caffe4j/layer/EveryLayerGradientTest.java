package org.caffe4j.layer;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import org.caffe4j.Blob;
import org.caffe4j.MersenneTwister;
import org.caffe4j.Phase;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** Compares the gradients of every differentiable layer type with differences of its values; the table is a test resource. */
class EveryLayerGradientTest {
    private static final Set<String> WITHOUT = Set.of("Accuracy", "ArgMax", "HDF5Output", "Threshold", "Java", "Data", "DummyData", "HDF5Data",
        "ImageData", "Input", "MemoryData", "WindowData");
    private static final Pattern BOTTOM = Pattern.compile("([\\d ]*?)(?: in (\\S+) (\\S+))?(?: ?= ?(.*))?");

    private record Row(String type, String bottoms, int tops, String fields, String gradients, Map<String, String> options) {
        @Override
        public String toString() {
            return type + " | " + bottoms + " | " + fields + " | " + options;
        }

        private String option(String name, String ifAbsent) {
            return options.getOrDefault(name, ifAbsent);
        }
    }

    static List<Row> rows() throws IOException {
        try (InputStream in = EveryLayerGradientTest.class.getResourceAsStream("/gradients/layers.txt")) {
            return new String(in.readAllBytes(), StandardCharsets.UTF_8).lines().filter(line -> !line.isBlank() && !line.startsWith("#"))
                .map(EveryLayerGradientTest::row).toList();
        }
    }

    private static Row row(String line) {
        String[] cells = Arrays.stream(line.split("\\|", -1)).map(String::strip).toArray(String[]::new);
        assertEquals(6, cells.length, line);
        Map<String, String> options = Arrays.stream(cells[5].split(" ")).filter(o -> !o.isEmpty())
            .collect(Collectors.toMap(o -> o.replaceFirst("=.*", ""), o -> o.replaceFirst(".*=", "")));
        return new Row(cells[0], cells[1], Integer.parseInt(cells[2]), cells[3], cells[4], options);
    }

    @Test
    void noTypeIsLeftOut() throws IOException {
        Set<String> checked = rows().stream().map(Row::type).collect(Collectors.toCollection(TreeSet::new));
        Set<String> expected = new TreeSet<>(BuiltInLayers.TYPES.keySet());
        expected.removeAll(WITHOUT);
        assertEquals(expected, checked);
    }

    @ParameterizedTest
    @MethodSource("rows")
    void gradients(Row row) {
        List<String> bottoms = row.bottoms.isEmpty() ? List.of() : List.of(row.bottoms.split(";"));
        List<long[]> shapes = new ArrayList<>();
        for (String bottom : bottoms) {
            shapes.add(Arrays.stream(matcher(bottom).group(1).strip().split(" ")).filter(d -> !d.isEmpty()).mapToLong(Long::parseLong).toArray());
        }
        GradientCheck check = new GradientCheck(Double.parseDouble(row.option("step", "1e-2")), Double.parseDouble(row.option("tolerance", "2e-3")));
        if (row.options.containsKey("kink")) {
            check.kink(Double.parseDouble(row.option("kink", "")), 0.02);
        }
        if (row.options.containsKey("bottoms-only")) {
            check.bottomsOnly();
        }
        if (row.gradients.equals("none")) {
            check.blobsOnly();
        }
        int[] wanted = List.of("all", "none").contains(row.gradients) ? new int[0] : Arrays.stream(row.gradients.split(" ")).mapToInt(Integer::parseInt).toArray();
        try (LayerRunner run = new LayerRunner(Phase.valueOf(row.option("phase", "TEST")), "type: '" + row.type + "' " + row.fields, row.tops,
                shapes.toArray(new long[0][]))) {
            run.fillAll(1).repeatable();
            for (int i = 0; i < bottoms.size(); i++) {
                fill(run.bottom.get(i), matcher(bottoms.get(i)), 40 + i);
            }
            check.check(run, wanted);
        }
    }

    private static Matcher matcher(String bottom) {
        Matcher matcher = BOTTOM.matcher(bottom.strip());
        assertEquals(true, matcher.matches(), bottom);
        return matcher;
    }

    private static void fill(Blob blob, Matcher bottom, long seed) {
        if (bottom.group(4) != null) {
            String[] values = bottom.group(4).strip().split(" ");
            float[] all = new float[(int) blob.count()];
            for (int i = 0; i < all.length; i++) {
                all[i] = Float.parseFloat(values[i % values.length]);
            }
            blob.data().set(all);
        } else if (bottom.group(2) != null) {
            LayerRunner.fill(blob.data(), seed, Double.parseDouble(bottom.group(2)), Double.parseDouble(bottom.group(3)));
        } else if (bottom.group(1).isBlank()) {
            blob.data().set((float) new MersenneTwister(seed).nextDouble());
        }
    }
}
