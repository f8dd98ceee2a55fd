package org.caffe4j.layer.shape;

import java.util.List;
import org.caffe4j.Blob;
import org.caffe4j.Context;
import org.caffe4j.ShapeException;
import org.caffe4j.layer.Layer;
import org.caffe4j.natives.Native;
import org.caffe4j.optimize.Operation;
import org.caffe4j.proto.CropParameter;
import org.caffe4j.proto.LayerParameter;

/**
 * Cuts the first bottom, on the axes from {@code axis} [2] on, to the size of the second. {@code offset} says where the part begins: 0
 * everywhere by default, one number for all of these axes, or one for each. The second bottom gets no gradient. Source: Caffe's Crop.
 */
public final class CropLayer extends Layer {
    private long[] offset;

    public CropLayer(LayerParameter param, Context context) {
        super(param, context);
    }

    @Override
    public int exactBottoms() {
        return 2;
    }

    @Override
    public int exactTops() {
        return 1;
    }

    @Override
    public void reshape(List<Blob> bottom, List<Blob> top) {
        refuseInPlace(bottom, top);
        CropParameter p = param().getCropParam();
        Blob x = bottom.get(0);
        Blob size = bottom.get(1);
        int axis = x.canonicalAxis(p.getAxis());
        if (size.numAxes() != x.numAxes()) {
            throw new ShapeException(where() + "both bottoms must have the same number of axes: bottom[0] " + x.shapeString()
                    + ", bottom[1] " + size.shapeString());
        }
        int cropped = x.numAxes() - axis;
        if (p.getOffsetCount() > 1 && p.getOffsetCount() != cropped) {
            throw definitionError("number of offset values specified must be equal to the number of dimensions following axis: expected "
                    + cropped + " (or 1 for all), got " + p.getOffsetCount());
        }
        offset = new long[x.numAxes()];
        long[] shape = x.shape();
        for (int i = axis; i < shape.length; i++) {
            offset[i] = p.getOffsetCount() == 0 ? 0 : Integer.toUnsignedLong(p.getOffset(p.getOffsetCount() == 1 ? 0 : i - axis));
            shape[i] = size.shape(i);
            if (offset[i] + shape[i] > x.shape(i)) {
                throw new ShapeException(where() + "the crop for dimension " + i + " is out of bounds: offset " + offset[i] + " + size "
                        + shape[i] + " of bottom[1] is more than the " + x.shape(i) + " of bottom[0] with shape " + x.shapeString());
            }
        }
        top.get(0).reshape(shape);
    }

    @Override
    public void forward(List<Blob> bottom, List<Blob> top) {
        Native.crop_forward(bottom.get(0).data().handle(), offset, top.get(0).data().handle());
    }

    @Override
    public Operation operation(List<Blob> bottom, List<Blob> top) {
        return new Operation.Part(() -> offset);
    }

    @Override
    public void backward(List<Blob> top, boolean[] propagateDown, List<Blob> bottom) {
        if (propagateDown[0]) {
            Native.crop_backward(top.get(0).diff().handle(), offset, bottom.get(0).diff().handle());
        }
    }
}
