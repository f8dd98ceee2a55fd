package org.caffe4j.solver;

import java.util.ArrayList;
import java.util.List;
import org.caffe4j.Blob;
import org.caffe4j.Context;
import org.caffe4j.LearnableParam;
import org.caffe4j.LogNumbers;
import org.caffe4j.NativeErrors;
import org.caffe4j.NetDefinitionException;
import org.caffe4j.Tensor;
import org.caffe4j.natives.Native;
import org.caffe4j.proto.SolverParameter;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Stochastic gradient descent with momentum: h = momentum·h + rate·g, w = w − h; and what all solver types share: the learning rate by
 * {@code lr_policy}, clipping by {@code clip_gradients} (of the gradient summed over {@code iter_size}, as in Caffe), {@code iter_size},
 * and weight decay by {@code regularization_type} L2 or L1. Source: Caffe's SGDSolver.
 */
public class SGDSolver extends Solver {
    private static final Logger LOG = LoggerFactory.getLogger(SGDSolver.class);

    /** One parameter's step: its tensors, and the factors that every update takes. */
    protected record Step(Tensor data, Tensor diff, Tensor history, Tensor secondHistory, float scale, float l1, float l2, float rate) {
    }

    private final List<Blob> history = new ArrayList<>();
    private LearningRatePolicy policy;

    /** A solver of type SGD. */
    public SGDSolver(SolverParameter param, Context context) {
        this(param, context, 1);
    }

    /** For subclasses that keep {@code histories} blobs a parameter, 1 or 2. */
    protected SGDSolver(SolverParameter param, Context context, int histories) {
        super(checked(param), context);
        try {
            policy = LearningRatePolicy.of(param);
            for (int i = 0; i < histories; i++) {
                for (LearnableParam learnable : net().learnableParams()) {
                    history.add(new Blob(context, learnable.blob().shape()));
                }
            }
        } catch (RuntimeException | Error e) {
            close();
            throw e;
        }
    }

    private static SolverParameter checked(SolverParameter param) {
        LearningRatePolicy.of(param);
        if (!param.getRegularizationType().equals("L2") && !param.getRegularizationType().equals("L1")) {
            throw new NetDefinitionException("Unknown regularization type: " + param.getRegularizationType() + " (known types: L1, L2)");
        }
        return param;
    }

    /** Throws unless {@code momentum} is 0, for the types that have none. */
    protected static SolverParameter withoutMomentum(SolverParameter param, String type) {
        if (param.getMomentum() != 0) {
            throw new NetDefinitionException("Momentum cannot be used with " + type + "; the solver has momentum: " + param.getMomentum());
        }
        return param;
    }

    /** One blob a parameter; types with two have the second ones of all parameters behind the first. */
    @Override
    public final List<Blob> history() {
        return List.copyOf(history);
    }

    /** The learning rate at the present iteration, before the parameters' own multipliers. */
    public final float learningRate() {
        return policy.rate(iteration(), policy.step(iteration(), currentStep()));
    }

    /** Sets {@code base_lr} from now on; the policy stays. */
    public final void setBaseLr(float baseLr) {
        policy = LearningRatePolicy.of(param().toBuilder().setBaseLr(baseLr).build());
    }

    @Override
    protected final void applyUpdate() {
        int step = policy.step(iteration(), currentStep());
        if (step != currentStep() && policy.name().equals("multistep")) {
            context().rootLog(LOG).info("MultiStep Status: Iteration {}, step = {}", iteration(), step);
        }
        setProgress(iteration(), step);
        float rate = policy.rate(iteration(), step);
        if (displays()) {
            context().rootLog(LOG).info("Iteration {}, lr = {}", iteration(), LogNumbers.format(rate));
        }
        clip();
        List<LearnableParam> params = net().learnableParams();
        for (int i = 0; i < params.size(); i++) {
            LearnableParam p = params.get(i);
            float decay = param().getWeightDecay() * p.decayMult();
            boolean l2 = param().getRegularizationType().equals("L2");
            Tensor second = history.size() > params.size() ? history.get(params.size() + i).data() : null;
            Step update = new Step(p.blob().data(), p.blob().diff(), history.get(i).data(), second, 1f / param().getIterSize(),
                    l2 ? 0 : decay, l2 ? decay : 0, rate * p.lrMult());
            NativeErrors.run(() -> update(update));
        }
    }

    /** Takes one parameter's step by one native operation. */
    protected void update(Step s) {
        Native.sgd_update(s.data.handle(), s.diff.handle(), s.history.handle(), s.scale, s.l1, s.l2, s.rate, param().getMomentum());
    }

    private void clip() {
        float threshold = param().getClipGradients();
        if (threshold < 0) {
            return;
        }
        double sumsq = 0;
        for (LearnableParam p : net().learnableParams()) {
            sumsq += p.blob().diff().sumsq();
        }
        float norm = (float) Math.sqrt(sumsq);
        if (norm > threshold) {
            float factor = threshold / norm;
            context().rootLog(LOG).info("Gradient clipping: scaling down gradients (L2 norm {} > {}) by scale factor {}", LogNumbers.format(norm),
                    LogNumbers.format(threshold), LogNumbers.format(factor));
            net().learnableParams().forEach(p -> p.blob().diff().scale(factor));
        }
    }
}
