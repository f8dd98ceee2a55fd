package org.caffe4j.solver;

import org.caffe4j.Context;
import org.caffe4j.NetDefinitionException;
import org.caffe4j.natives.Native;
import org.caffe4j.proto.SolverParameter;

/** RMSProp: h = rms_decay·h + (1−rms_decay)·g², w = w − rate·g / (√h + delta); no momentum. Source: Caffe's RMSPropSolver. */
public final class RMSPropSolver extends SGDSolver {
    /** A solver of type RMSProp. */
    public RMSPropSolver(SolverParameter param, Context context) {
        super(checked(withoutMomentum(param, "RMSProp")), context, 1);
    }

    @Override
    protected void update(Step s) {
        Native.rmsprop_update(s.data().handle(), s.diff().handle(), s.history().handle(), s.scale(), s.l1(), s.l2(), s.rate(),
                param().getRmsDecay(), param().getDelta());
    }

    private static SolverParameter checked(SolverParameter param) {
        if (!(param.getRmsDecay() >= 0 && param.getRmsDecay() < 1)) {
            throw new NetDefinitionException("rms_decay should lie between 0 and 1; the solver has " + param.getRmsDecay());
        }
        return param;
    }
}
