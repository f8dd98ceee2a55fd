package org.caffe4j.bench;

import java.io.IOException;
import java.nio.FloatBuffer;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.caffe4j.Blob;
import org.caffe4j.Net;
import org.caffe4j.proto.ConvolutionParameter;
import org.caffe4j.proto.EltwiseParameter;
import org.caffe4j.proto.LayerParameter;
import org.caffe4j.proto.NetParameter;
import org.caffe4j.proto.PoolingParameter;

/**
 * Turns a classification net into ONNX, so that ONNX Runtime computes the same function of the same weights. Knows the layers of the
 * common nets over images; another one is an error that names it. Training layers are taken out by the net's own phase rules before.
 */
final class OnnxExport {
    private final NetParameter definition;
    private final Net net;
    private final OnnxWriter onnx = new OnnxWriter();
    /** The ONNX value that a blob's name stands for now; layers in place give it a new one. */
    private final Map<String, String> values = new HashMap<>();
    private int fresh;

    OnnxExport(NetParameter definition, Net net) {
        this.definition = definition;
        this.net = net;
    }

    void write(Path file) throws IOException {
        net.reshape();
        for (LayerParameter layer : definition.getLayerList()) {
            convert(layer);
        }
        String output = net.outputNames().get(0);
        onnx.output(values.get(output), net.blobByName(output).shape());
        onnx.write(file, definition.getName());
    }

    private void convert(LayerParameter layer) {
        switch (layer.getType()) {
            case "Input" -> {
                String name = layer.getTop(0);
                values.put(name, name);
                onnx.input(name, net.blobByName(name).shape());
            }
            case "Convolution" -> convolution(layer);
            case "InnerProduct" -> innerProduct(layer);
            case "Pooling" -> pooling(layer);
            case "BatchNorm" -> batchNorm(layer);
            case "Scale" -> scale(layer);
            case "ReLU" -> relu(layer);
            case "Clip" -> {
                onnxScalar(layer.getName() + "_min", layer.getClipParam().getMin());
                onnxScalar(layer.getName() + "_max", layer.getClipParam().getMax());
                add(layer, "Clip", List.of(in(layer, 0), layer.getName() + "_min", layer.getName() + "_max"), Map.of());
            }
            case "LRN" -> add(layer, "LRN", List.of(in(layer, 0)), Map.of("alpha", layer.getLrnParam().getAlpha(),
                    "beta", layer.getLrnParam().getBeta(), "bias", layer.getLrnParam().getK(), "size", (long) layer.getLrnParam().getLocalSize()));
            case "Softmax" -> add(layer, "Softmax", List.of(in(layer, 0)), Map.of("axis", (long) layer.getSoftmaxParam().getAxis()));
            case "Dropout" -> values.put(layer.getTop(0), in(layer, 0));
            case "Flatten" -> add(layer, "Flatten", List.of(in(layer, 0)), Map.of("axis", (long) layer.getFlattenParam().getAxis()));
            case "Concat" -> add(layer, "Concat", bottoms(layer), Map.of("axis", (long) layer.getConcatParam().getAxis()));
            case "Eltwise" -> {
                if (layer.getEltwiseParam().getOperation() != EltwiseParameter.EltwiseOp.SUM || layer.getEltwiseParam().getCoeffCount() > 0) {
                    throw unsupported(layer);
                }
                add(layer, "Add", bottoms(layer), Map.of());
            }
            default -> throw unsupported(layer);
        }
    }

    private void convolution(LayerParameter layer) {
        ConvolutionParameter p = layer.getConvolutionParam();
        Blob weight = blob(layer, 0);
        long padH = p.hasPadH() || p.hasPadW() ? p.getPadH() : first(p.getPadList(), 0);
        long padW = p.hasPadH() || p.hasPadW() ? p.getPadW() : last(p.getPadList(), 0);
        Map<String, Object> attributes = Map.of("group", (long) p.getGroup(), "kernel_shape", new long[] {weight.shape(2), weight.shape(3)},
                "pads", new long[] {padH, padW, padH, padW},
                "strides", p.hasStrideH() ? new long[] {p.getStrideH(), p.getStrideW()} : new long[] {first(p.getStrideList(), 1), last(p.getStrideList(), 1)},
                "dilations", new long[] {first(p.getDilationList(), 1), last(p.getDilationList(), 1)});
        List<String> inputs = new ArrayList<>(List.of(in(layer, 0)));
        parameters(layer, inputs);
        add(layer, "Conv", inputs, attributes);
    }

    private void innerProduct(LayerParameter layer) {
        String flat = freshValue();
        onnx.node("Flatten", List.of(in(layer, 0)), flat, Map.of("axis", (long) layer.getInnerProductParam().getAxis()));
        List<String> inputs = new ArrayList<>(List.of(flat));
        parameters(layer, inputs);
        add(layer, "Gemm", inputs, Map.of("transB", layer.getInnerProductParam().getTranspose() ? 0L : 1L));
    }

    private void pooling(LayerParameter layer) {
        PoolingParameter p = layer.getPoolingParam();
        String kind = switch (p.getPool()) {
            case MAX -> "MaxPool";
            case AVE -> "AveragePool";
            default -> throw unsupported(layer);
        };
        if (p.getGlobalPooling()) {
            add(layer, "Global" + kind, List.of(in(layer, 0)), Map.of());
            return;
        }
        long kernelH = p.hasKernelH() ? p.getKernelH() : p.getKernelSize();
        long kernelW = p.hasKernelW() ? p.getKernelW() : p.getKernelSize();
        long padH = p.hasPadH() ? p.getPadH() : p.getPad();
        long padW = p.hasPadW() ? p.getPadW() : p.getPad();
        Map<String, Object> attributes = new HashMap<>(Map.of("kernel_shape", new long[] {kernelH, kernelW}, "pads", new long[] {padH, padW, padH, padW},
                "strides", new long[] {p.hasStrideH() ? p.getStrideH() : p.getStride(), p.hasStrideW() ? p.getStrideW() : p.getStride()},
                "ceil_mode", p.getRoundMode() == PoolingParameter.RoundMode.CEIL ? 1L : 0L));
        if (p.getPool() == PoolingParameter.PoolMethod.AVE) {
            attributes.put("count_include_pad", padH > 0 || padW > 0 ? 1L : 0L);
        }
        add(layer, kind, List.of(in(layer, 0)), attributes);
    }

    private void batchNorm(LayerParameter layer) {
        float factor = blob(layer, 2).data().read().get(0);
        int channels = Math.toIntExact(blob(layer, 0).count());
        List<String> inputs = new ArrayList<>(List.of(in(layer, 0)));
        inputs.add(constant(layer.getName() + "_one", channels, 1));
        inputs.add(constant(layer.getName() + "_zero", channels, 0));
        for (int i = 0; i < 2; i++) {
            FloatBuffer running = blob(layer, i).data().read();
            FloatBuffer scaled = FloatBuffer.allocate(channels);
            while (running.hasRemaining()) {
                scaled.put(running.get() / factor);
            }
            String name = layer.getName() + "_" + i;
            onnx.floats(name, scaled.flip(), channels);
            inputs.add(name);
        }
        add(layer, "BatchNormalization", inputs, Map.of("epsilon", layer.getBatchNormParam().getEps()));
    }

    private void scale(LayerParameter layer) {
        long channels = blob(layer, 0).count();
        List<String> names = new ArrayList<>();
        for (int i = 0; i < net.layerByName(layer.getName()).blobs().size(); i++) {
            String name = layer.getName() + "_" + i;
            onnx.floats(name, blob(layer, i).data().read(), channels, 1, 1);
            names.add(name);
        }
        if (names.size() == 1) {
            add(layer, "Mul", List.of(in(layer, 0), names.get(0)), Map.of());
            return;
        }
        String product = freshValue();
        onnx.node("Mul", List.of(in(layer, 0), names.get(0)), product, Map.of());
        add(layer, "Add", List.of(product, names.get(1)), Map.of());
    }

    private void relu(LayerParameter layer) {
        float slope = layer.getReluParam().getNegativeSlope();
        if (slope == 0) {
            add(layer, "Relu", List.of(in(layer, 0)), Map.of());
        } else {
            add(layer, "LeakyRelu", List.of(in(layer, 0)), Map.of("alpha", slope));
        }
    }

    private void parameters(LayerParameter layer, List<String> inputs) {
        for (int i = 0; i < net.layerByName(layer.getName()).blobs().size(); i++) {
            String name = layer.getName() + "_" + i;
            onnx.floats(name, blob(layer, i).data().read(), blob(layer, i).shape());
            inputs.add(name);
        }
    }

    private String constant(String name, int count, float value) {
        FloatBuffer values = FloatBuffer.allocate(count);
        while (values.hasRemaining()) {
            values.put(value);
        }
        onnx.floats(name, values.flip(), count);
        return name;
    }

    private void onnxScalar(String name, float value) {
        onnx.floats(name, FloatBuffer.wrap(new float[] {value}));
    }

    private void add(LayerParameter layer, String type, List<String> inputs, Map<String, Object> attributes) {
        String out = freshValue();
        onnx.node(type, inputs, out, attributes);
        values.put(layer.getTop(0), out);
    }

    private String freshValue() {
        return "value" + fresh++;
    }

    private Blob blob(LayerParameter layer, int index) {
        return net.layerByName(layer.getName()).blobs().get(index);
    }

    private String in(LayerParameter layer, int index) {
        return values.get(layer.getBottom(index));
    }

    private List<String> bottoms(LayerParameter layer) {
        return layer.getBottomList().stream().map(values::get).toList();
    }

    private static long first(List<Integer> list, long ifEmpty) {
        return list.isEmpty() ? ifEmpty : list.get(0);
    }

    private static long last(List<Integer> list, long ifEmpty) {
        return list.isEmpty() ? ifEmpty : list.get(list.size() - 1);
    }

    private static IllegalArgumentException unsupported(LayerParameter layer) {
        return new IllegalArgumentException("layer '" + layer.getName() + "' (" + layer.getType()
                + "): not among those that the bench exports to ONNX; give an ONNX file with --onnx");
    }
}
