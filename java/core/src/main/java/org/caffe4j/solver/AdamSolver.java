package org.caffe4j.solver;

import org.caffe4j.Context;
import org.caffe4j.natives.Native;
import org.caffe4j.proto.SolverParameter;

/**
 * Adam with β1 = momentum, β2 = momentum2, t = iteration + 1: m = β1·m + (1−β1)·g, v = β2·v + (1−β2)·g²,
 * w = w − rate·√(1−β2^t)/(1−β1^t)·m / (√v + delta). Source: Caffe's AdamSolver.
 */
public final class AdamSolver extends SGDSolver {
    /** A solver of type Adam. */
    public AdamSolver(SolverParameter param, Context context) {
        super(param, context, 2);
    }

    @Override
    protected void update(Step s) {
        double t = iteration() + 1;
        double correction = Math.sqrt(1 - Math.pow(param().getMomentum2(), t)) / (1 - Math.pow(param().getMomentum(), t));
        Native.adam_update(s.data().handle(), s.diff().handle(), s.history().handle(), s.secondHistory().handle(), s.scale(), s.l1(),
                s.l2(), s.rate() * (float) correction, param().getMomentum(), param().getMomentum2(), param().getDelta());
    }
}
