package org.caffe4j.layer;

import org.caffe4j.Context;
import org.caffe4j.proto.LayerParameter;

/** A layer with one bottom and one top. */
public abstract class UnaryLayer extends Layer {
    protected UnaryLayer(LayerParameter param, Context context) {
        super(param, context);
    }

    @Override
    public int exactBottoms() {
        return 1;
    }

    @Override
    public int exactTops() {
        return 1;
    }
}
