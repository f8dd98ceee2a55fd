package org.caffe4j.layer.data;

import java.util.List;
import org.caffe4j.Blob;
import org.caffe4j.Context;
import org.caffe4j.optimize.Operation;
import org.caffe4j.proto.LayerParameter;

/**
 * Caffe's Input: tops that the caller fills (0 bottoms, any number of tops).
 *
 * <p>{@code input_param.shape} is given for every top, once for all of them, or not at all; without it the caller reshapes the tops.
 */
public final class InputLayer extends SourceLayer {

    public InputLayer(LayerParameter param, Context context) {
        super(param, context);
    }

    @Override
    public int minTops() {
        return 1;
    }

    @Override
    public void setUp(List<Blob> bottom, List<Blob> top) {
        var input = param().getInputParam();
        int shapes = input.getShapeCount();
        if (shapes > 1 && shapes != top.size()) {
            throw definitionError("Must specify 'shape' once, once per top blob, or not at all: " + top.size() + " tops vs. "
                + shapes + " shapes.");
        }
        for (int i = 0; i < top.size() && shapes > 0; i++) {
            top.get(i).reshape(dims(input.getShape(shapes == 1 ? 0 : i)));
        }
    }

    /** Nothing: the tops hold what the caller put there. */
    @Override
    public void forward(List<Blob> bottom, List<Blob> top) {
    }

    @Override
    public Operation operation(List<Blob> bottom, List<Blob> top) {
        return new Operation.Source();
    }
}
