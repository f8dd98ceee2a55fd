package org.caffe4j.tools;

import org.caffe4j.Phase;
import org.caffe4j.proto.NetParameter;
import org.caffe4j.proto.NetState;
import picocli.CommandLine.Option;

/** {@code --level} and {@code --stage} of commands that build a net. */
final class StateFlags {
    @Option(names = "--level", defaultValue = "0", paramLabel = "N", description = "level of the net's state")
    private int level;

    @Option(names = "--stage", defaultValue = "", paramLabel = "NAMES", description = "stages of the net's state, separated by ','")
    private String stage;

    /** A net definition with the phase and the level set and the stages added. */
    NetParameter in(NetParameter definition, Phase phase) {
        return Flags.withState(definition, phase, level, stage);
    }

    /** A state with the level set and the stages added. */
    NetState in(NetState state) {
        return state.toBuilder().setLevel(level).addAllStage(Flags.list(stage)).build();
    }
}
