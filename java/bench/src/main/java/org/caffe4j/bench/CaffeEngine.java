package org.caffe4j.bench;

import java.nio.FloatBuffer;
import org.caffe4j.Blob;
import org.caffe4j.Context;
import org.caffe4j.Net;
import org.caffe4j.Phase;
import org.caffe4j.optimize.Calibration;
import org.caffe4j.optimize.OptimizeOptions;
import org.caffe4j.optimize.Precision;
import org.caffe4j.proto.ConvolutionParameter;
import org.caffe4j.proto.LayerParameter;
import org.caffe4j.proto.LRNParameter;
import org.caffe4j.proto.NetParameter;
import org.caffe4j.proto.PoolingParameter;

/** This library: optimised in each precision or without Winograd's algorithm, layer by layer, or with {@code engine: CAFFE} in every layer that has the field. */
final class CaffeEngine implements Engine {
    private final Kind kind;
    private Context context;
    private Net net;
    private long reorders;

    CaffeEngine(Kind kind) {
        this.kind = kind;
    }

    @Override
    public void load(NetFiles files, int threads) {
        if (!precision().isFast()) {
            throw new UnsupportedOperationException("this processor has no instructions for " + precision());
        }
        context = Context.cpu(threads);
        NetParameter param = files.definition();
        net = new Net(kind == Kind.PLAIN ? plain(param) : param, Phase.TEST, context);
        net.copyTrainedLayersFrom(files.weights());
        if (kind != Kind.LAYERS && kind != Kind.PLAIN) {
            net.optimize(OptimizeOptions.defaults().precision(precision()).winograd(kind != Kind.DIRECT)
                    .calibration(Calibration.of(1, (filled, sample) -> fill(filled))));
        }
        fill(net);
    }

    private Precision precision() {
        return switch (kind) {
            case BF16 -> Precision.BF16;
            case INT8 -> Precision.INT8;
            default -> Precision.F32;
        };
    }

    private static void fill(Net net) {
        for (Blob input : net.inputs()) {
            Inputs.fill(input.data().overwrite());
        }
    }

    @Override
    public void run() {
        long before = context.reorders();
        net.forward();
        output();
        reorders = context.reorders() - before;
    }

    @Override
    public long reorders() {
        return reorders;
    }

    @Override
    public float[] output() {
        FloatBuffer values = net.outputs().get(0).data().read();
        float[] first = new float[Math.min(Inputs.COMPARED, values.remaining())];
        values.get(first);
        return first;
    }

    private static NetParameter plain(NetParameter param) {
        NetParameter.Builder plain = param.toBuilder();
        for (LayerParameter.Builder layer : plain.getLayerBuilderList()) {
            switch (layer.getType()) {
                case "Convolution", "Deconvolution" -> layer.getConvolutionParamBuilder().setEngine(ConvolutionParameter.Engine.CAFFE);
                case "Pooling" -> layer.getPoolingParamBuilder().setEngine(PoolingParameter.Engine.CAFFE);
                case "LRN" -> layer.getLrnParamBuilder().setEngine(LRNParameter.Engine.CAFFE);
                default -> { }
            }
        }
        return plain.build();
    }

    @Override
    public void close() {
        if (net != null) {
            net.close();
        }
        if (context != null) {
            context.close();
        }
    }
}
