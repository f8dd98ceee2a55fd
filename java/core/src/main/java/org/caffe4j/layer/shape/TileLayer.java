package org.caffe4j.layer.shape;

import java.util.List;
import org.caffe4j.Blob;
import org.caffe4j.Context;
import org.caffe4j.layer.UnaryLayer;
import org.caffe4j.natives.Native;
import org.caffe4j.optimize.Operation;
import org.caffe4j.proto.LayerParameter;

/**
 * Repeats its bottom {@code tiles} times (required) along {@code axis} [1]; the gradient is summed over the repetitions. Source: Caffe's
 * Tile.
 */
public final class TileLayer extends UnaryLayer {
    private final int tiles;
    private int axis;

    public TileLayer(LayerParameter param, Context context) {
        super(param, context);
        tiles = param.getTileParam().getTiles();
    }

    @Override
    public void setUp(List<Blob> bottom, List<Blob> top) {
        if (!param().getTileParam().hasTiles()) {
            throw definitionError("Number of tiles must be specified: tile_param { tiles: n }");
        }
        if (tiles <= 0) {
            throw definitionError("Number of tiles must be positive, got " + tiles);
        }
    }

    @Override
    public void reshape(List<Blob> bottom, List<Blob> top) {
        refuseInPlace(bottom, top);
        axis = bottom.get(0).canonicalAxis(param().getTileParam().getAxis());
        long[] shape = bottom.get(0).shape();
        shape[axis] *= tiles;
        top.get(0).reshape(shape);
    }

    @Override
    public void forward(List<Blob> bottom, List<Blob> top) {
        Native.tile_forward(bottom.get(0).data().handle(), top.get(0).data().handle(), axis, tiles);
    }

    @Override
    public Operation operation(List<Blob> bottom, List<Blob> top) {
        return new Operation.Tile(param().getTileParam().getAxis(), tiles);
    }

    @Override
    public void backward(List<Blob> top, boolean[] propagateDown, List<Blob> bottom) {
        if (propagateDown[0]) {
            Native.tile_backward(top.get(0).diff().handle(), bottom.get(0).diff().handle(), axis, tiles);
        }
    }
}
