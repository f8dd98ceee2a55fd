package org.caffe4j.solver;

import java.nio.file.Path;
import java.util.Map;
import java.util.TreeMap;
import java.util.function.BiFunction;
import org.caffe4j.Context;
import org.caffe4j.NetDefinitionException;
import org.caffe4j.graph.SolverUpgrade;
import org.caffe4j.io.PrototxtReader;
import org.caffe4j.proto.SolverParameter;

/** Makes the solver of the {@code type} that a description names: SGD (default), Nesterov, AdaGrad, RMSProp, AdaDelta or Adam. */
public final class SolverFactory {
    private static final Map<String, BiFunction<SolverParameter, Context, Solver>> TYPES = new TreeMap<>(Map.of(
            "SGD", SGDSolver::new,
            "Nesterov", NesterovSolver::new,
            "AdaGrad", AdaGradSolver::new,
            "RMSProp", RMSPropSolver::new,
            "AdaDelta", AdaDeltaSolver::new,
            "Adam", AdamSolver::new));

    private SolverFactory() {
    }

    /**
     * Reads a solver prototxt and makes the solver. Paths in it are relative to the working directory, as in Caffe.
     *
     * @throws NetDefinitionException if the file, the description or one of its nets is wrong
     */
    public static Solver open(Path file, Context context) {
        return create(PrototxtReader.readSolver(file), context);
    }

    /**
     * Makes a solver from its description, of any age.
     *
     * @throws NetDefinitionException if the description or one of its nets is wrong
     */
    public static Solver create(SolverParameter param, Context context) {
        SolverParameter current = SolverUpgrade.upgrade(param, "solver");
        BiFunction<SolverParameter, Context, Solver> maker = TYPES.get(current.getType());
        if (maker == null) {
            throw new NetDefinitionException("Unknown solver type: " + current.getType() + " (known types: "
                    + String.join(", ", TYPES.keySet()) + ")");
        }
        return maker.apply(current, context);
    }
}
