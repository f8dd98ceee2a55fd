package org.caffe4j.solver;

import org.caffe4j.Context;
import org.caffe4j.natives.Native;
import org.caffe4j.proto.SolverParameter;

/**
 * AdaDelta: h = momentum·h + (1−momentum)·g², u = g·√((s+delta)/(h+delta)), s = momentum·s + (1−momentum)·u², w = w − rate·u.
 * Source: Caffe's AdaDeltaSolver.
 */
public final class AdaDeltaSolver extends SGDSolver {
    /** A solver of type AdaDelta. */
    public AdaDeltaSolver(SolverParameter param, Context context) {
        super(param, context, 2);
    }

    @Override
    protected void update(Step s) {
        Native.adadelta_update(s.data().handle(), s.diff().handle(), s.history().handle(), s.secondHistory().handle(), s.scale(), s.l1(),
                s.l2(), s.rate(), param().getMomentum(), param().getDelta());
    }
}
