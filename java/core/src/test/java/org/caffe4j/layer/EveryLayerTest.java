package org.caffe4j.layer;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
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
import java.util.stream.IntStream;
import org.caffe4j.Blob;
import org.caffe4j.Phase;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * Compares the gradients of every differentiable layer type with differences of its values, and lets it follow batches of another size; the
 * table is a test resource.
 */
class EveryLayerTest {
    private static final Set<String> WITHOUT = Set.of("Accuracy", "ArgMax", "HDF5Output", "Threshold", "Java", "Data", "DummyData", "HDF5Data",
        "ImageData", "Input", "MemoryData", "WindowData");
    private static final Pattern BOTTOM = Pattern.compile("([\\d ]*?)(?: in (\\S+) (\\S+))?(?: ?= ?(.*))?");

    record Row(String type, String bottoms, int tops, String fields, String gradients, Map<String, String> options) {
        @Override
        public String toString() {
            return type + " | " + bottoms + " | " + fields + " | " + options;
        }

        /** Whether a bottom has values that are listed: labels and indices, which come from data layers. */
        boolean isGiven(int bottom) {
            return matcher(EveryLayerTest.bottoms(this).get(bottom)).group(4) != null;
        }

        private String option(String name, String ifAbsent) {
            return options.getOrDefault(name, ifAbsent);
        }
    }

    static List<Row> rows() throws IOException {
        try (InputStream in = EveryLayerTest.class.getResourceAsStream("/gradients/layers.txt")) {
            return new String(in.readAllBytes(), StandardCharsets.UTF_8).lines().filter(line -> !line.isBlank() && !line.startsWith("#"))
                .map(EveryLayerTest::row).toList();
        }
    }

    static Row row(String line) {
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

    private static long[][] shapes(Row row) {
        return bottoms(row).stream().map(bottom -> Arrays.stream(matcher(bottom).group(1).strip().split(" ")).filter(d -> !d.isEmpty())
            .mapToLong(Long::parseLong).toArray()).toArray(long[][]::new);
    }

    private static List<String> bottoms(Row row) {
        return row.bottoms.isEmpty() ? List.of() : List.of(row.bottoms.split(";"));
    }

    static LayerRunner runner(Row row) {
        return runner(row, shapes(row));
    }

    private static LayerRunner runner(Row row, long[]... shapes) {
        LayerRunner run = new LayerRunner(Phase.valueOf(row.option("phase", "TEST")), "type: '" + row.type + "' " + row.fields, row.tops, shapes);
        return run.fillAll(1).repeatable();
    }

    static void fill(Row row, LayerRunner run) {
        for (int i = 0; i < run.bottom.size(); i++) {
            fill(run.bottom.get(i), matcher(bottoms(row).get(i)), 40 + i);
        }
    }

    static int[] gradients(Row row, int bottoms) {
        return switch (row.gradients) {
            case "all" -> IntStream.range(0, bottoms).toArray();
            case "none" -> new int[0];
            default -> Arrays.stream(row.gradients.split(" ")).mapToInt(Integer::parseInt).toArray();
        };
    }

    @ParameterizedTest
    @MethodSource("rows")
    void gradients(Row row) {
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
        try (LayerRunner run = runner(row, shapes(row))) {
            fill(row, run);
            check.check(run, gradients(row, run.bottom.size()));
        }
    }

    /** Values and gradients of a layer that saw other batches are those of a new layer. */
    @ParameterizedTest
    @MethodSource("rows")
    void followsTheBatch(Row row) {
        long[][] small = shapes(row);
        long[][] large = doubled(row, small);
        try (LayerRunner used = runner(row, small); LayerRunner fresh = runner(row, large)) {
            boolean anyBatch = IntStream.range(0, used.layer.blobs().size())
                .allMatch(i -> used.layer.blobs().get(i).sameShape(fresh.layer.blobs().get(i)));
            if (!anyBatch) {
                return; // what it learns has the batch as an axis
            }
            for (int i = 0; i < used.layer.blobs().size(); i++) {
                used.layer.blobs().get(i).data().copyFrom(fresh.layer.blobs().get(i).data());
            }
            List<float[]> first = run(row, used);
            for (int i = 0; i < large.length; i++) {
                used.bottom.get(i).reshape(large[i]);
            }
            compare(run(row, fresh), run(row, used), row + ", a larger batch");
            for (int i = 0; i < small.length; i++) {
                used.bottom.get(i).reshape(small[i]);
            }
            compare(first, run(row, used), row + ", the first batch again");
        }
    }

    /** Each gradient is the same whether others are wanted or not, and what is not wanted is left alone. */
    @ParameterizedTest
    @MethodSource("rows")
    void gradientsComeOneByOne(Row row) {
        try (LayerRunner run = runner(row, shapes(row))) {
            int bottoms = run.bottom.size();
            int blobs = run.layer.blobs().size();
            run(row, run);
            List<float[]> all = diffs(run);
            List<Integer> wanted = new ArrayList<>();
            Arrays.stream(gradients(row, bottoms)).forEach(wanted::add);
            IntStream.range(bottoms, bottoms + (row.options.containsKey("bottoms-only") ? 0 : blobs)).forEach(wanted::add);
            for (int only : wanted) {
                run.bottom.forEach(blob -> blob.diff().fill(7));
                run.layer.blobs().forEach(blob -> blob.diff().fill(0));
                for (int i = 0; i < run.top.size(); i++) {
                    LayerRunner.fill(run.top.get(i).diff(), 70 + i, -1, 1);
                }
                boolean[] down = new boolean[bottoms];
                for (int i = 0; i < bottoms + blobs; i++) {
                    if (i < bottoms) {
                        down[i] = i == only;
                    } else {
                        run.layer.setParamPropagateDown(i - bottoms, i == only);
                    }
                }
                run.backward(down);
                List<float[]> some = diffs(run);
                for (int i = 0; i < some.size(); i++) {
                    if (i != only && i < bottoms && recurrent(row)) {
                        continue; // Caffe's compute the gradients of all states together
                    }
                    float[] expected = all.get(i).clone();
                    if (i != only) {
                        Arrays.fill(expected, i < bottoms ? 7 : 0);
                    }
                    assertArrayEquals(expected, some.get(i), 1e-6f, row + ": gradient " + i + " where only " + only + " is wanted");
                }
            }
        }
    }

    private static List<float[]> diffs(LayerRunner run) {
        List<float[]> diffs = new ArrayList<>();
        run.bottom.forEach(blob -> diffs.add(blob.diff().toArray()));
        run.layer.blobs().forEach(blob -> diffs.add(blob.diff().toArray()));
        return diffs;
    }

    private static boolean recurrent(Row row) {
        return List.of("LSTM", "RNN", "LSTMUnit").contains(row.type);
    }

    private static long[][] doubled(Row row, long[][] shapes) {
        boolean recurrent = recurrent(row);
        return Arrays.stream(shapes).map(shape -> {
            long[] more = shape.clone();
            if (recurrent) {
                more[shape[0] == shapes[0][0] || shape[0] == 1 ? 1 : 0] *= 2; // time goes first, but not for a static input
            } else if (shape.length > 0 && shape[0] == shapes[0][0]) {
                more[0] *= 2;
            }
            return more;
        }).toArray(long[][]::new);
    }

    private static List<float[]> run(Row row, LayerRunner run) {
        fill(row, run);
        List<float[]> results = new ArrayList<>();
        run.layer.blobs().forEach(blob -> blob.diff().fill(0));
        run.forward();
        for (int i = 0; i < run.top.size(); i++) {
            results.add(run.top.get(i).data().toArray());
            LayerRunner.fill(run.top.get(i).diff(), 70 + i, -1, 1);
        }
        boolean[] down = new boolean[run.bottom.size()];
        int[] wanted = gradients(row, down.length);
        for (int i : wanted) {
            down[i] = true;
        }
        run.backward(down);
        for (int i : wanted) {
            results.add(run.bottom.get(i).diff().toArray());
        }
        run.layer.blobs().forEach(blob -> results.add(blob.diff().toArray()));
        return results;
    }

    private static void compare(List<float[]> expected, List<float[]> actual, String what) {
        for (int i = 0; i < expected.size(); i++) {
            assertArrayEquals(expected.get(i), actual.get(i), 1e-5f, what + ", result " + i);
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
        } else {
            LayerRunner.fill(blob.data(), seed, -1, 1);
        }
    }
}
