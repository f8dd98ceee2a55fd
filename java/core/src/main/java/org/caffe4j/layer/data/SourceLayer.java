package org.caffe4j.layer.data;

import java.util.List;
import org.caffe4j.Blob;
import org.caffe4j.Context;
import org.caffe4j.layer.Layer;
import org.caffe4j.proto.BlobShape;
import org.caffe4j.proto.LayerParameter;

/** A layer without bottoms: tops get their shapes at set-up, and backward does nothing. */
abstract class SourceLayer extends Layer {

    SourceLayer(LayerParameter param, Context context) {
        super(param, context);
    }

    @Override
    public int exactBottoms() {
        return 0;
    }

    @Override
    public abstract void setUp(List<Blob> bottom, List<Blob> top);

    /** Nothing: the shapes are those of set-up, or come with each batch. */
    @Override
    public void reshape(List<Blob> bottom, List<Blob> top) {
    }

    /** Nothing: there is no bottom. */
    @Override
    public void backward(List<Blob> top, boolean[] propagateDown, List<Blob> bottom) {
    }

    static long[] dims(BlobShape shape) {
        return shape.getDimList().stream().mapToLong(Long::longValue).toArray();
    }
}
