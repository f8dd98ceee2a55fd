package org.caffe4j.solver;

import org.caffe4j.Context;
import org.caffe4j.natives.Native;
import org.caffe4j.proto.SolverParameter;

/** AdaGrad: h = h + g², w = w − rate·g / (√h + delta); no momentum. Source: Caffe's AdaGradSolver. */
public final class AdaGradSolver extends SGDSolver {
    /** A solver of type AdaGrad. */
    public AdaGradSolver(SolverParameter param, Context context) {
        super(withoutMomentum(param, "AdaGrad"), context, 1);
    }

    @Override
    protected void update(Step s) {
        Native.adagrad_update(s.data().handle(), s.diff().handle(), s.history().handle(), s.scale(), s.l1(), s.l2(), s.rate(),
                param().getDelta());
    }
}
