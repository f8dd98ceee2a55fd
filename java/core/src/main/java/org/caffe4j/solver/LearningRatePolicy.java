package org.caffe4j.solver;

import java.util.List;
import org.caffe4j.NetDefinitionException;
import org.caffe4j.proto.SolverParameter;

/**
 * The learning rate as a function of the iteration. Pure: the multistep policy's position, which Caffe keeps in the solver and writes
 * into snapshots as {@code current_step}, is passed in and out.
 *
 * <p>Policies ({@code lr_policy}), with i the iteration before it is counted up:
 * fixed: base_lr; step: base_lr·gamma^⌊i/stepsize⌋; exp: base_lr·gamma^i; inv: base_lr·(1+gamma·i)^−power; multistep: base_lr·gamma^k;
 * poly: base_lr·(1−i/max_iter)^power; sigmoid: base_lr/(1+e^(−gamma·(i−stepsize))).
 */
public final class LearningRatePolicy {
    /** The policies that {@code lr_policy} may name. */
    public static final List<String> NAMES = List.of("fixed", "step", "exp", "inv", "multistep", "poly", "sigmoid");

    private final SolverParameter param;

    private LearningRatePolicy(SolverParameter param) {
        this.param = param;
    }

    /**
     * The policy of a solver.
     *
     * @throws NetDefinitionException if the policy is unknown or a field that it uses is missing or out of range
     */
    public static LearningRatePolicy of(SolverParameter param) {
        String name = param.getLrPolicy();
        if (!NAMES.contains(name)) {
            throw new NetDefinitionException("Unknown learning rate policy: " + name + " (field lr_policy of the solver; known policies: "
                    + String.join(", ", NAMES) + ")");
        }
        switch (name) {
            case "step" -> {
                require(param.getStepsize() > 0, name, "stepsize > 0", param.getStepsize());
                require(param.getGamma() >= 0, name, "gamma >= 0", param.getGamma());
            }
            case "exp", "inv", "multistep", "sigmoid" -> require(param.getGamma() >= 0, name, "gamma >= 0", param.getGamma());
            case "poly" -> require(param.getMaxIter() > 0, name, "max_iter > 0", param.getMaxIter());
            default -> { }
        }
        return new LearningRatePolicy(param);
    }

    /** Name of the policy as in {@code lr_policy}. */
    public String name() {
        return param.getLrPolicy();
    }

    /**
     * The step in force at an iteration. For step it is ⌊iteration/stepsize⌋; for multistep it moves on from {@code currentStep} by at
     * most one a call, when the iteration has reached {@code stepvalue[currentStep]}; for other policies it stays.
     */
    public int step(int iteration, int currentStep) {
        return switch (param.getLrPolicy()) {
            case "step" -> iteration / param.getStepsize();
            case "multistep" -> currentStep < param.getStepvalueCount() && iteration >= param.getStepvalue(currentStep)
                    ? currentStep + 1 : currentStep;
            default -> currentStep;
        };
    }

    /**
     * The rate at an iteration, given the step that {@link #step} returned for it.
     *
     * @throws NetDefinitionException if the formula gives no number, as poly does beyond max_iter with a fractional power
     */
    public float rate(int iteration, int step) {
        float base = param.getBaseLr();
        double gamma = param.getGamma();
        double rate = switch (param.getLrPolicy()) {
            case "step", "multistep" -> base * Math.pow(gamma, step);
            case "exp" -> base * Math.pow(gamma, iteration);
            case "inv" -> base * (float) Math.pow(1 + param.getGamma() * iteration, -param.getPower());
            case "poly" -> base * (float) Math.pow(1 - (float) iteration / param.getMaxIter(), param.getPower());
            case "sigmoid" -> base / (1 + Math.exp(-gamma * (iteration - param.getStepsize())));
            default -> base;
        };
        if (Double.isNaN(rate)) {
            throw new NetDefinitionException("The learning rate of policy " + name() + " is not a number at iteration " + iteration
                    + " (base_lr " + base + ", gamma " + param.getGamma() + ", power " + param.getPower() + ", max_iter "
                    + param.getMaxIter() + "). Do not step beyond max_iter with lr_policy poly.");
        }
        return (float) rate;
    }

    private static void require(boolean holds, String policy, String expected, Number found) {
        if (!holds) {
            throw new NetDefinitionException("lr_policy \"" + policy + "\" needs " + expected + ", the solver has " + found + ".");
        }
    }
}
