package org.caffe4j.layer.shape;

import java.nio.FloatBuffer;
import java.util.Arrays;
import java.util.List;
import org.caffe4j.Blob;
import org.caffe4j.Context;
import org.caffe4j.ShapeException;
import org.caffe4j.layer.Layer;
import org.caffe4j.natives.Native;
import org.caffe4j.proto.LayerParameter;

/**
 * Keeps those items (first axis) of its bottoms for which the last bottom, the selector (N×1×…), is not 0; one top for each bottom but
 * the selector. With nothing selected the tops have no items and the gradient is 0. The selector gets no gradient. Source: Caffe's Filter.
 */
public final class FilterLayer extends Layer {
    private final Blob selected;
    private boolean reshaped;

    public FilterLayer(LayerParameter param, Context context) {
        super(param, context);
        selected = new Blob(context);
    }

    @Override
    public int minBottoms() {
        return 2;
    }

    @Override
    public int minTops() {
        return 1;
    }

    @Override
    public void setUp(List<Blob> bottom, List<Blob> top) {
        if (top.size() != bottom.size() - 1) {
            throw definitionError("there must be one top for each bottom but the selector: expected " + (bottom.size() - 1)
                    + ", got " + top.size());
        }
    }

    @Override
    public void reshape(List<Blob> bottom, List<Blob> top) {
        refuseInPlace(bottom, top);
        Blob selector = bottom.get(bottom.size() - 1);
        if (selector.numAxes() == 0 || selector.count() != selector.shape(0)) {
            throw new ShapeException(where() + "Selector blob dimensions must be singletons (1), except the first; got shape "
                    + selector.shapeString());
        }
        for (Blob blob : bottom) {
            if (blob.numAxes() == 0 || blob.shape(0) != selector.shape(0)) {
                throw new ShapeException(where() + "Each bottom should have the same 0th dimension as the selector blob: got "
                        + blob.shapeString() + " and selector " + selector.shapeString());
            }
        }
        long items = selector.count();
        if (reshaped) {  // before the first forward there is nothing to select by
            items = select(selector);
        }
        reshaped = true;
        for (int i = 0; i < top.size(); i++) {
            long[] shape = bottom.get(i).shape();
            shape[0] = items;
            top.get(i).reshape(shape);
        }
    }

    private long select(Blob selector) {
        FloatBuffer values = selector.data().read();
        float[] items = new float[values.remaining()];
        int count = 0;
        for (int i = 0; i < items.length; i++) {
            if (values.get(i) != 0) {
                items[count++] = i;
            }
        }
        selected.reshape(count);
        selected.data().put(0, Arrays.copyOf(items, count));
        return count;
    }

    @Override
    public void forward(List<Blob> bottom, List<Blob> top) {
        for (int i = 0; i < top.size(); i++) {
            Native.batch_reindex_forward(bottom.get(i).data().handle(), selected.data().handle(), top.get(i).data().handle());
        }
    }

    @Override
    public void backward(List<Blob> top, boolean[] propagateDown, List<Blob> bottom) {
        if (propagateDown[bottom.size() - 1]) {
            throw definitionError("Layer cannot backpropagate to filter index inputs");
        }
        for (int i = 0; i < top.size(); i++) {
            if (propagateDown[i]) {
                Native.batch_reindex_backward(top.get(i).diff().handle(), selected.data().handle(), bottom.get(i).diff().handle());
            }
        }
    }

    @Override
    public void close() {
        selected.close();
        super.close();
    }
}
