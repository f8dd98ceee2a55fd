package org.caffe4j.solver;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.caffe4j.NetDefinitionException;
import org.caffe4j.io.PrototxtReader;
import org.caffe4j.proto.NetParameter;
import org.caffe4j.proto.NetState;
import org.caffe4j.proto.Phase;
import org.caffe4j.proto.SolverParameter;

/**
 * The definitions of the nets that a solver names, each with its state. Source: Caffe's rules for train_net, test_net, net and
 * test_iter.
 */
final class NetDefinitions {
    /** A definition and how the log names it. */
    record Definition(NetParameter net, String source) {
    }

    private NetDefinitions() {
    }

    /** The train net; exactly one of four fields must name it. */
    static Definition train(SolverParameter param) {
        List<String> given = new ArrayList<>();
        if (param.hasNet()) {
            given.add("net");
        }
        if (param.hasNetParam()) {
            given.add("net_param");
        }
        if (param.hasTrainNet()) {
            given.add("train_net");
        }
        if (param.hasTrainNetParam()) {
            given.add("train_net_param");
        }
        if (given.isEmpty()) {
            throw new NetDefinitionException(
                    "SolverParameter must specify a train net using one of these fields: net, net_param, train_net, train_net_param");
        }
        if (given.size() > 1) {
            throw new NetDefinitionException("SolverParameter must not contain more than one of the fields that specify a train net: net, "
                    + "net_param, train_net, train_net_param; it has " + String.join(", ", given));
        }
        Definition definition = switch (given.get(0)) {
            case "net" -> file("Creating training net from net file: ", param.getNet());
            case "train_net" -> file("Creating training net from train_net file: ", param.getTrainNet());
            case "net_param" -> new Definition(param.getNetParam(), "Creating training net specified in net_param.");
            default -> new Definition(param.getTrainNetParam(), "Creating training net specified in train_net_param.");
        };
        return inState(definition, Phase.TRAIN, param.hasTrainState() ? param.getTrainState() : NetState.getDefaultInstance());
    }

    /** The test nets: those with fields of their own, then copies of the general net for the test_iter entries that are left. */
    static List<Definition> test(SolverParameter param) {
        boolean general = param.hasNet() || param.hasNetParam();
        int own = param.getTestNetCount() + param.getTestNetParamCount();
        int iterations = param.getTestIterCount();
        if (general ? iterations < own : iterations != own) {
            throw new NetDefinitionException("test_iter must be specified for each test network. There are " + own + " test nets and "
                    + iterations + " test_iter values.");
        }
        int count = general ? iterations : own;
        if (param.getTestStateCount() != 0 && param.getTestStateCount() != count) {
            throw new NetDefinitionException("test_state must be unspecified or specified once per test net. There are " + count
                    + " test nets and " + param.getTestStateCount() + " test_state fields.");
        }
        if (count > 0 && param.getTestInterval() <= 0) {
            throw new NetDefinitionException("test_interval must be greater than 0 where there are test nets, it is "
                    + param.getTestInterval() + ". Set it, or remove test_iter.");
        }
        List<Definition> nets = new ArrayList<>();
        param.getTestNetParamList().forEach(net -> nets.add(new Definition(net, "test_net_param")));
        param.getTestNetList().forEach(net -> nets.add(file("test_net file: ", net)));
        if (nets.size() < count) {
            Definition net = param.hasNetParam() ? new Definition(param.getNetParam(), "net_param") : file("net file: ", param.getNet());
            while (nets.size() < count) {
                nets.add(net);
            }
        }
        List<Definition> inState = new ArrayList<>();
        for (int i = 0; i < count; i++) {
            NetState state = param.getTestStateCount() > 0 ? param.getTestState(i) : NetState.getDefaultInstance();
            inState.add(inState(nets.get(i), Phase.TEST, state));
        }
        return inState;
    }

    private static Definition file(String source, String path) {
        return new Definition(PrototxtReader.readNet(Path.of(path)), source + path);
    }

    /** The phase, overruled by the net's own state, overruled by the solver's; stages add up. */
    private static Definition inState(Definition definition, Phase phase, NetState solver) {
        NetState.Builder state = NetState.newBuilder().setPhase(phase).mergeFrom(definition.net().getState()).mergeFrom(solver);
        return new Definition(definition.net().toBuilder().setState(state).build(), definition.source());
    }
}
