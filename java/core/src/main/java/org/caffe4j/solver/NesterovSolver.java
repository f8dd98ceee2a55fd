package org.caffe4j.solver;

import org.caffe4j.Context;
import org.caffe4j.natives.Native;
import org.caffe4j.proto.SolverParameter;

/** Nesterov's accelerated gradient: h' = momentum·h + rate·g, w = w − ((1+momentum)·h' − momentum·h). Source: Caffe's NesterovSolver. */
public final class NesterovSolver extends SGDSolver {
    /** A solver of type Nesterov. */
    public NesterovSolver(SolverParameter param, Context context) {
        super(param, context, 1);
    }

    @Override
    protected void update(Step s) {
        Native.nesterov_update(s.data().handle(), s.diff().handle(), s.history().handle(), s.scale(), s.l1(), s.l2(), s.rate(),
                param().getMomentum());
    }
}
