package org.caffe4j.layer.activation;

import java.util.List;
import org.caffe4j.Blob;
import org.caffe4j.Context;
import org.caffe4j.layer.UnaryLayer;
import org.caffe4j.proto.LayerParameter;

/** A layer with one bottom and one top of the same shape, computed element by element; may run in place. Source: Caffe's NeuronLayer. */
public abstract class NeuronLayer extends UnaryLayer {
    protected NeuronLayer(LayerParameter param, Context context) {
        super(param, context);
    }

    @Override
    public void reshape(List<Blob> bottom, List<Blob> top) {
        top.get(0).reshapeLike(bottom.get(0));
    }
}
