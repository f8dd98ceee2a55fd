package org.caffe4j.layer.shape;

import java.util.ArrayList;
import java.util.List;
import java.util.function.BinaryOperator;
import org.bytedeco.javacpp.FloatPointer;
import org.caffe4j.Blob;
import org.caffe4j.Context;
import org.caffe4j.ShapeException;
import org.caffe4j.layer.KeptBottom;
import org.caffe4j.layer.Layer;
import org.caffe4j.layer.TensorArray;
import org.caffe4j.natives.Native;
import org.caffe4j.natives.TensorHandle;
import org.caffe4j.optimize.Operation;
import org.caffe4j.proto.EltwiseParameter;
import org.caffe4j.proto.EltwiseParameter.EltwiseOp;
import org.caffe4j.proto.LayerParameter;

/**
 * Combines two or more bottoms of one shape, element by element: SUM (default; with a {@code coeff} each, default 1), PROD or MAX. On
 * equal values MAX takes the second bottom before the first, and an earlier one before those from the third on. With
 * {@code stable_prod_grad} [true] the gradient of PROD multiplies the other bottoms, else it divides the top by the bottom. The top may
 * be the first bottom (in place). Source: Caffe's Eltwise.
 */
public final class EltwiseLayer extends Layer {
    private final EltwiseParameter p;
    private final float[] coeff;
    private final KeptBottom kept;

    public EltwiseLayer(LayerParameter param, Context context) {
        super(param, context);
        p = param.getEltwiseParam();
        kept = new KeptBottom(context);
        coeff = p.getCoeffCount() == 0 ? null : new float[p.getCoeffCount()];
        for (int i = 0; i < p.getCoeffCount(); i++) {
            coeff[i] = p.getCoeff(i);
        }
    }

    @Override
    public int minBottoms() {
        return 2;
    }

    @Override
    public int exactTops() {
        return 1;
    }

    @Override
    public void setUp(List<Blob> bottom, List<Blob> top) {
        if (coeff != null && coeff.length != bottom.size()) {
            throw definitionError("Eltwise Layer takes one coefficient per bottom blob: expected " + bottom.size()
                    + ", got " + coeff.length);
        }
        if (coeff != null && p.getOperation() == EltwiseOp.PROD) {
            throw definitionError("Eltwise layer only takes coefficients for summation, not for PROD");
        }
    }

    @Override
    public void reshape(List<Blob> bottom, List<Blob> top) {
        for (Blob blob : bottom) {
            if (!blob.sameShape(bottom.get(0))) {
                throw new ShapeException(where() + "all bottoms must have the same shape: bottom[0] " + bottom.get(0).shapeString()
                        + ", bottom[" + bottom.indexOf(blob) + "] " + blob.shapeString());
            }
        }
        top.get(0).reshapeLike(bottom.get(0));
    }

    @Override
    public void forward(List<Blob> bottom, List<Blob> top) {
        TensorHandle y = top.get(0).data().handle();
        try (TensorArray x = TensorArray.data(operands(bottom, kept::keep, top))) {
            switch (p.getOperation()) {
                case PROD -> Native.eltwise_product(x.handles(), bottom.size(), y);
                case MAX -> Native.eltwise_max(x.handles(), bottom.size(), y);
                default -> {
                    try (FloatPointer factors = coeff == null ? null : new FloatPointer(coeff)) {
                        Native.eltwise_sum(x.handles(), bottom.size(), factors, y);
                    }
                }
            }
        }
    }

    @Override
    public Operation operation(List<Blob> bottom, List<Blob> top) {
        int combination = switch (p.getOperation()) {
            case PROD -> Native.PLAN_PRODUCT;
            case MAX -> Native.PLAN_MAX;
            default -> Native.PLAN_SUM;
        };
        return new Operation.Eltwise(combination, combination == Native.PLAN_SUM ? coeff : null);
    }

    @Override
    public void backward(List<Blob> top, boolean[] propagateDown, List<Blob> bottom) {
        TensorHandle dy = top.get(0).diff().handle();
        try (TensorArray x = TensorArray.data(operands(bottom, kept::get, top))) {
            // The first bottom's diff is the top's when the layer is in place, so it is written last.
            for (int i = bottom.size() - 1; i >= 0; i--) {
                if (!propagateDown[i]) {
                    continue;
                }
                TensorHandle dx = bottom.get(i).diff().handle();
                switch (p.getOperation()) {
                    case PROD -> Native.eltwise_product_backward(x.handles(), bottom.size(), top.get(0).data().handle(), dy, i,
                            p.getStableProdGrad(), dx);
                    case MAX -> Native.eltwise_max_backward(x.handles(), bottom.size(), dy, i, dx);
                    default -> Native.eltwise_sum_backward(dy, coeff == null ? 1 : coeff[i], dx);
                }
            }
        }
    }

    /** The bottoms, the first one as kept where the gradient needs its values. */
    private List<Blob> operands(List<Blob> bottom, BinaryOperator<Blob> keeping, List<Blob> top) {
        if (p.getOperation() == EltwiseOp.SUM) {
            return bottom;
        }
        List<Blob> operands = new ArrayList<>(bottom);
        operands.set(0, keeping.apply(bottom.get(0), top.get(0)));
        return operands;
    }

    @Override
    public void close() {
        kept.close();
        super.close();
    }
}
