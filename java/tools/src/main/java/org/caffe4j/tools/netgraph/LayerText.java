package org.caffe4j.tools.netgraph;

import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.caffe4j.LogNumbers;
import org.caffe4j.proto.ConvolutionParameter;
import org.caffe4j.proto.DataParameter;
import org.caffe4j.proto.LayerParameter;
import org.caffe4j.proto.PoolingParameter;

/** What a picture says of a layer below its name. */
final class LayerText {
    private static final int WIDTH = 34;

    private LayerText() {
    }

    /** Type and settings, in lines of moderate length. */
    static List<String> lines(LayerParameter layer) {
        List<String> parts = new ArrayList<>(List.of(layer.getType()));
        switch (layer.getType()) {
            case "Convolution", "Deconvolution" -> parts.addAll(convolution(layer.getConvolutionParam()));
            case "Pooling" -> parts.addAll(pooling(layer.getPoolingParam()));
            case "InnerProduct" -> parts.add(layer.getInnerProductParam().getNumOutput() + " outputs");
            case "Embed" -> parts.add(layer.getEmbedParam().getInputDim() + " → " + layer.getEmbedParam().getNumOutput());
            case "LSTM", "RNN" -> parts.add(layer.getRecurrentParam().getNumOutput() + " outputs");
            case "LRN" -> {
                parts.add("size " + layer.getLrnParam().getLocalSize());
                parts.add(layer.getLrnParam().getNormRegion().name().toLowerCase(Locale.ROOT).replace('_', ' '));
            }
            case "Dropout" -> parts.add(LogNumbers.format(layer.getDropoutParam().getDropoutRatio()));
            case "Eltwise" -> parts.add(layer.getEltwiseParam().getOperation().name());
            case "Concat", "Slice" -> {
                int axis = layer.getType().equals("Concat") ? layer.getConcatParam().getAxis() : layer.getSliceParam().getAxis();
                parts.add("axis " + axis);
            }
            case "ReLU" -> {
                if (layer.getReluParam().getNegativeSlope() != 0) {
                    parts.add("slope " + LogNumbers.format(layer.getReluParam().getNegativeSlope()));
                }
            }
            case "Accuracy" -> {
                if (layer.getAccuracyParam().getTopK() > 1) {
                    parts.add("top " + layer.getAccuracyParam().getTopK());
                }
            }
            case "Data" -> parts.addAll(data(layer.getDataParam()));
            case "ImageData" -> parts.add(layer.getImageDataParam().getSource());
            case "HDF5Data" -> parts.add(layer.getHdf5DataParam().getSource());
            case "WindowData" -> parts.add(layer.getWindowDataParam().getSource());
            case "Python" -> parts.add(layer.getPythonParam().getModule() + "." + layer.getPythonParam().getLayer());
            default -> { }
        }
        if (layer.getLossWeightCount() > 0) {
            parts.add("loss weight " + layer.getLossWeightList().stream().map(LogNumbers::format).collect(Collectors.joining(", ")));
        }
        return wrap(parts);
    }

    /** {@code lr × 1, 2}: the multipliers of a layer's parameters; no line for a layer without. */
    static List<String> multipliers(LayerParameter layer, int params) {
        int count = Math.max(params, layer.getParamCount());
        if (count == 0) {
            return List.of();
        }
        return List.of("lr × " + IntStream.range(0, count)
                .mapToObj(i -> LogNumbers.format(i < layer.getParamCount() ? layer.getParam(i).getLrMult() : 1))
                .collect(Collectors.joining(", ")));
    }

    private static List<String> wrap(List<String> parts) {
        List<String> lines = new ArrayList<>();
        String line = "";
        for (String part : parts) {
            if (line.isEmpty()) {
                line = part;
            } else if (line.length() + part.length() + 3 <= WIDTH) {
                line += " · " + part;
            } else {
                lines.add(line);
                line = part;
            }
        }
        lines.add(line);
        return lines;
    }

    private static List<String> convolution(ConvolutionParameter p) {
        List<String> parts = new ArrayList<>(List.of(p.getNumOutput() + " of "
                + (p.hasKernelH() ? p.getKernelH() + "×" + p.getKernelW() : window(p.getKernelSizeList()))));
        String stride = p.hasStrideH() || p.hasStrideW() ? p.getStrideH() + "×" + p.getStrideW() : pair(p.getStrideList());
        String pad = p.hasPadH() || p.hasPadW() ? p.getPadH() + "×" + p.getPadW() : pair(p.getPadList());
        add(parts, "stride ", stride, "1");
        add(parts, "pad ", pad, "0");
        add(parts, "group ", Integer.toString(p.getGroup()), "1");
        add(parts, "dilation ", pair(p.getDilationList()), "1");
        return parts;
    }

    private static List<String> pooling(PoolingParameter p) {
        if (p.getGlobalPooling()) {
            return List.of(p.getPool() + " of all");
        }
        int height = p.hasKernelH() ? p.getKernelH() : p.getKernelSize();
        int width = p.hasKernelW() ? p.getKernelW() : p.getKernelSize();
        List<String> parts = new ArrayList<>(List.of(p.getPool() + " of " + height + "×" + width));
        add(parts, "stride ", p.hasStrideH() ? p.getStrideH() + "×" + p.getStrideW() : Integer.toString(p.getStride()), "1");
        add(parts, "pad ", p.hasPadH() || p.hasPadW() ? p.getPadH() + "×" + p.getPadW() : Integer.toString(p.getPad()), "0");
        return parts;
    }

    private static List<String> data(DataParameter p) {
        return List.of(p.getBackend().name(), p.getSource());
    }

    private static void add(List<String> parts, String what, String value, String usual) {
        if (!value.isEmpty() && !value.equals(usual)) {
            parts.add(what + value);
        }
    }

    private static String window(List<Integer> sizes) {
        return sizes.size() == 1 ? sizes.get(0) + "×" + sizes.get(0) : pair(sizes);
    }

    private static String pair(List<Integer> sizes) {
        return sizes.stream().distinct().count() == 1 ? sizes.get(0).toString()
                : sizes.stream().map(Object::toString).collect(Collectors.joining("×"));
    }
}
