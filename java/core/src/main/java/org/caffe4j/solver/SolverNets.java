package org.caffe4j.solver;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.caffe4j.Context;
import org.caffe4j.ModelFormatException;
import org.caffe4j.Net;
import org.caffe4j.proto.SolverParameter;
import org.slf4j.Logger;

/** The nets of a solver, which owns them: the one in training and those that test it, made and with the {@code weights} it names. */
final class SolverNets implements AutoCloseable {
    private final SolverParameter param;
    private final Logger log;
    private final Net train;
    private final List<Net> tests = new ArrayList<>();

    /** @throws org.caffe4j.NetDefinitionException if the description or one of its nets is wrong */
    SolverNets(SolverParameter param, Context context, Logger log) {
        this.param = param;
        this.log = log;
        NetDefinitions.Definition definition = NetDefinitions.train(param);
        log.info("{}", definition.source());
        train = new Net(definition.net(), context);
        try {
            finetune(train);
            List<NetDefinitions.Definition> definitions = NetDefinitions.test(param);
            for (int i = 0; i < definitions.size(); i++) {
                log.info("Creating test net (#{}) specified by {}", i, definitions.get(i).source());
                Net test = new Net(definitions.get(i).net(), context);
                tests.add(test);
                test.setDebugInfo(param.getDebugInfo());
                finetune(test);
            }
        } catch (RuntimeException | Error e) {
            close();
            throw e;
        }
    }

    private void finetune(Net target) {
        for (String list : param.getWeightsList()) {
            for (String file : list.split(",")) {
                log.info("Finetuning from {}", file.trim());
                try {
                    Path path = Path.of(file.trim());
                    target.copyTrainedLayersFrom(path).warnOfMissing(path);
                } catch (ModelFormatException e) {
                    throw new ModelFormatException(e.getMessage()
                            + " (--weights, or the solver's field weights, takes a .caffemodel; a .solverstate goes to --snapshot)", e);
                }
            }
        }
    }

    Net train() {
        return train;
    }

    List<Net> tests() {
        return List.copyOf(tests);
    }

    @Override
    public void close() {
        tests.forEach(Net::close);
        train.close();
    }
}
