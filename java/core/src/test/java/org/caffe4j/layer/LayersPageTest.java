package org.caffe4j.layer;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.google.protobuf.Descriptors.Descriptor;
import com.google.protobuf.Descriptors.EnumValueDescriptor;
import com.google.protobuf.Descriptors.FieldDescriptor;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import org.caffe4j.Context;
import org.caffe4j.proto.FillerParameter;
import org.caffe4j.proto.LayerParameter;
import org.caffe4j.proto.TransformationParameter;
import org.junit.jupiter.api.Test;

/** Writes the page of layer types from the registry, the layers' own words and the schema, and compares it with docs/layers.md. */
class LayersPageTest {
    private static final Path PAGE = Path.of("../../docs/layers.md");
    private static final Path GENERATED = Path.of("target/layers.md");

    /** Layers with bottoms of which none gets a gradient, and those of which some get none. */
    private static final Set<String> NO_GRADIENT = Set.of("Accuracy", "ArgMax", "HDF5Output", "Threshold");
    private static final Map<String, String> SOME_GRADIENT = Map.ofEntries(Map.entry("BatchReindex", "not to the indices"),
        Map.entry("ContrastiveLoss", "not to the labels"), Map.entry("Crop", "not to the second bottom"),
        Map.entry("Embed", "to the weights"), Map.entry("Filter", "not to the selector"), Map.entry("HingeLoss", "not to the labels"),
        Map.entry("InfogainLoss", "to the predictions"),
        Map.entry("LSTM", "not to cont"), Map.entry("LSTMUnit", "not to cont"), Map.entry("MultinomialLogisticLoss", "not to the labels"),
        Map.entry("Parameter", "to the parameter"), Map.entry("RNN", "not to cont"),
        Map.entry("SigmoidCrossEntropyLoss", "not to the labels"),
        Map.entry("Silence", "zero"), Map.entry("SoftmaxWithLoss", "not to the labels"));

    @Test
    void theCommittedPageIsTheGeneratedOne() throws IOException {
        Files.createDirectories(GENERATED.getParent());
        Files.writeString(GENERATED, page(), StandardCharsets.UTF_8);
        String committed = Files.exists(PAGE) ? Files.readString(PAGE, StandardCharsets.UTF_8) : "";
        assertEquals(Files.readString(GENERATED, StandardCharsets.UTF_8), committed,
            "docs/layers.md is not what the layers say; refresh it: cp java/core/target/layers.md docs/layers.md");
    }

    private static String page() throws IOException {
        StringBuilder page = new StringBuilder("""
            # Layers

            Every layer type of BVLC Caffe 1.0 but Python. The build makes this page from the layers themselves: after changing one,
            `cp java/core/target/layers.md docs/layers.md`.

            Bottoms → tops are numbers of blobs. Gradient tells whether backward computes one for bottoms and learned blobs. Parameters are
            the fields of the messages in the prototxt with their defaults; a field without a default is unset, and * marks one that may be
            given several times. Devices are those on which the layer computes; on others it runs on the CPU, at the cost of copies. What the
            layers on a GPU bring to the host is one number a loss, Filter's selector (the indices chosen go back), and, where the GPU has
            computed them, one number for the indices of Embed and BatchReindex, Accuracy's labels, and labels with an `ignore_label`; what is
            wrong comes over whole. LSTM and RNN take and give their states too with `expose_hidden`; SigmoidCrossEntropyLoss without
            `normalization` divides by BATCH_SIZE.

            """);
        Map<String, List<String>> families = new TreeMap<>();
        try (Context context = Context.cpu(1)) {
            for (String type : BuiltInLayers.TYPES.keySet()) {
                if (!type.equals("Java")) {
                    try (Layer layer = LayerRegistry.create(LayerParameter.newBuilder().setName("layer").setType(type).build(), context)) {
                        String family = layer.getClass().getPackageName().replaceFirst(".*\\.", "");
                        families.computeIfAbsent(family, f -> new ArrayList<>()).add(row(type, layer));
                    }
                }
            }
        }
        families.forEach((family, rows) -> page.append("## ").append(family).append("\n\n")
            .append("| Type | Bottoms → tops | Gradient | Devices | Parameters |\n|---|---|---|---|---|\n")
            .append(String.join("", rows)).append('\n'));
        page.append("## Written by users\n\n| Type | Parameters |\n|---|---|\n| Java | ").append(fields(param("java_param"), "java_param"))
            .append(" |\n\nA type of one's own is registered with `LayerFactory`; see `examples/custom_layer`.\n\n")
            .append("## Messages in several parameters\n\n| Message | Fields |\n|---|---|\n");
        for (Descriptor message : List.of(FillerParameter.getDescriptor(), TransformationParameter.getDescriptor())) {
            page.append("| ").append(message.getName()).append(" | ").append(fields(message)).append(" |\n");
        }
        return page.toString();
    }

    private static String row(String type, Layer layer) throws IOException {
        String bottoms = range(layer.exactBottoms(), layer.minBottoms(), layer.maxBottoms());
        String tops = layer.equalBottomsAndTops() ? "as many" : range(layer.exactTops(), layer.minTops(), layer.maxTops());
        String gradient = bottoms.equals("0") && !SOME_GRADIENT.containsKey(type) || NO_GRADIENT.contains(type) ? "no"
            : SOME_GRADIENT.containsKey(type) ? SOME_GRADIENT.get(type) : "yes";
        return "| " + type + " | " + bottoms + " → " + tops + " | " + gradient + " | " + (BuiltInLayers.ON_HOST.contains(type) ? "CPU" : "CPU, CUDA") + " | "
            + parameters(type, layer.getClass()) + " |\n";
    }

    private static String range(int exact, int min, int max) {
        if (exact >= 0) {
            return Integer.toString(exact);
        }
        if (max >= 0) {
            return min == max ? Integer.toString(min) : Math.max(0, min) + "–" + max;
        }
        return min > 0 ? "≥ " + min : "any";
    }

    /** The *_param messages that the class and its superclasses read, as their sources show. */
    private static String parameters(String type, Class<?> layer) throws IOException {
        Set<String> read = new TreeSet<>();
        for (Class<?> c = layer; c != Layer.class; c = c.getSuperclass()) {
            String source = Files.readString(Path.of("src/main/java", c.getName().replace('.', '/') + ".java"), StandardCharsets.UTF_8);
            Matcher getter = Pattern.compile("\\bget([A-Z]\\w*Param)\\(\\)").matcher(source);
            while (getter.find()) {
                for (FieldDescriptor field : LayerParameter.getDescriptor().getFields()) {
                    if (field.getName().replace("_", "").equalsIgnoreCase(getter.group(1))) {
                        read.add(field.getName());
                    }
                }
            }
        }
        return read.stream().map(name -> switch (name) {
            case "transform_param" -> "`transform_param`";
            case "data_param" -> type.equals("Data") ? fields(param(name), name) : "`data_param`: prefetch = 4";
            default -> fields(param(name), name);
        }).collect(Collectors.joining("; "));
    }

    private static Descriptor param(String name) {
        return LayerParameter.getDescriptor().findFieldByName(name).getMessageType();
    }

    private static String fields(Descriptor message, String name) {
        return "`" + name + "`: " + fields(message);
    }

    private static String fields(Descriptor message) {
        return message.getFields().stream().map(LayersPageTest::field).collect(Collectors.joining(", "));
    }

    private static String field(FieldDescriptor field) {
        String text = field.getName() + (field.isRepeated() ? "*" : "");
        if (field.getJavaType() == FieldDescriptor.JavaType.MESSAGE) {
            return text + " (" + field.getMessageType().getName() + ")";
        }
        if (field.getJavaType() == FieldDescriptor.JavaType.ENUM) {
            return text + " = " + field.getDefaultValue() + field.getEnumType().getValues().stream().map(EnumValueDescriptor::getName)
                .collect(Collectors.joining(", ", " (", ")"));
        }
        if (!field.hasDefaultValue()) {
            return text;
        }
        boolean isText = field.getJavaType() == FieldDescriptor.JavaType.STRING;
        return text + " = " + (isText ? "\"" + field.getDefaultValue() + "\"" : field.getDefaultValue());
    }

    @Test
    void namesInTheTablesAreTypes() {
        Set<String> types = BuiltInLayers.TYPES.keySet();
        assertTrue(types.containsAll(NO_GRADIENT) && types.containsAll(SOME_GRADIENT.keySet()));
    }
}
