package org.caffe4j.layer.shape;

import java.util.List;
import org.caffe4j.Blob;
import org.caffe4j.Context;
import org.caffe4j.layer.Layer;
import org.caffe4j.proto.FillerParameter;
import org.caffe4j.proto.LayerParameter;

/** A learned blob of the given {@code shape} as a top; starts at 0 and has no bottoms. Source: Caffe's Parameter. */
public final class ParameterLayer extends Layer {
    public ParameterLayer(LayerParameter param, Context context) {
        super(param, context);
    }

    @Override
    public int exactBottoms() {
        return 0;
    }

    @Override
    public int exactTops() {
        return 1;
    }

    @Override
    public void setUp(List<Blob> bottom, List<Blob> top) {
        List<Long> dims = param().getParameterParam().getShape().getDimList();
        if (dims.stream().anyMatch(d -> d < 0)) {
            throw definitionError("parameter_param.shape: dimensions must not be negative, got " + dims);
        }
        addParam(FillerParameter.getDefaultInstance(), dims.stream().mapToLong(Long::longValue).toArray());
    }

    @Override
    public void reshape(List<Blob> bottom, List<Blob> top) {
        top.get(0).reshapeLike(blobs().get(0));
        top.get(0).shareData(blobs().get(0));
    }

    @Override
    public void forward(List<Blob> bottom, List<Blob> top) {}

    @Override
    public void backward(List<Blob> top, boolean[] propagateDown, List<Blob> bottom) {
        if (paramPropagateDown(0)) {
            blobs().get(0).diff().axpy(1, top.get(0).diff());
        }
    }
}
