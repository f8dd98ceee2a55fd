package org.caffe4j.layer.shape;

import java.util.Arrays;
import java.util.List;
import org.caffe4j.Blob;
import org.caffe4j.Context;
import org.caffe4j.layer.UnaryLayer;
import org.caffe4j.natives.Native;
import org.caffe4j.optimize.Operation;
import org.caffe4j.proto.LayerParameter;
import org.caffe4j.proto.ReductionParameter;

/**
 * Reduces the axes from {@code axis} [0] to the last to one value: coeff [1] times the SUM (default), ASUM (of absolute values), SUMSQ
 * (of squares) or MEAN. The top has the axes before; with axis 0 it is a scalar. Source: Caffe's Reduction.
 */
public final class ReductionLayer extends UnaryLayer {
    private final ReductionParameter p;
    private final int operation;
    private float coeff;

    public ReductionLayer(LayerParameter param, Context context) {
        super(param, context);
        p = param.getReductionParam();
        operation = switch (p.getOperation()) {
            case ASUM -> Native.REDUCTION_ASUM;
            case SUMSQ -> Native.REDUCTION_SUMSQ;
            default -> Native.REDUCTION_SUM;
        };
    }

    private boolean isMean() {
        return p.getOperation() == ReductionParameter.ReductionOp.MEAN;
    }

    @Override
    public void reshape(List<Blob> bottom, List<Blob> top) {
        refuseInPlace(bottom, top);
        Blob x = bottom.get(0);
        int axis = x.canonicalAxis(p.getAxis());
        top.get(0).reshape(Arrays.copyOf(x.shape(), axis));
        coeff = isMean() ? p.getCoeff() / x.count(axis) : p.getCoeff();
    }

    @Override
    public void forward(List<Blob> bottom, List<Blob> top) {
        Native.reduction_forward(operation, bottom.get(0).data().handle(), top.get(0).data().handle(), coeff);
    }

    @Override
    public Operation operation(List<Blob> bottom, List<Blob> top) {
        return new Operation.Reduction(operation, p.getAxis(), p.getCoeff(), isMean());
    }

    @Override
    public void backward(List<Blob> top, boolean[] propagateDown, List<Blob> bottom) {
        if (propagateDown[0]) {
            Native.reduction_backward(operation, bottom.get(0).data().handle(), top.get(0).diff().handle(),
                    bottom.get(0).diff().handle(), coeff);
        }
    }
}
