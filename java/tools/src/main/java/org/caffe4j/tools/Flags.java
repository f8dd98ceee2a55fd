package org.caffe4j.tools;

import java.nio.file.Path;
import java.util.List;
import java.util.Locale;
import org.caffe4j.Net;
import org.caffe4j.Phase;
import org.caffe4j.optimize.Precision;
import org.caffe4j.proto.DataParameter.DB;
import org.caffe4j.proto.NetParameter;
import org.caffe4j.proto.NetState;

/** What flags that several commands have mean. */
final class Flags {
    private Flags() {}

    /** The phase that {@code --phase} names; {@code otherwise} for the empty one. */
    static Phase phase(String value, Phase otherwise) {
        return switch (value.toUpperCase(Locale.ROOT)) {
            case "" -> otherwise;
            case "TRAIN" -> Phase.TRAIN;
            case "TEST" -> Phase.TEST;
            default -> throw new UsageException("illegal value '" + value + "' specified for flag 'phase': expected TRAIN or TEST");
        };
    }

    /** The kind of database that {@code --backend} names. */
    static DB backend(String value) {
        return switch (value.toLowerCase(Locale.ROOT)) {
            case "lmdb" -> DB.LMDB;
            case "leveldb" -> DB.LEVELDB;
            default -> throw new UsageException("illegal value '" + value + "' specified for flag 'backend': expected lmdb or leveldb");
        };
    }

    /** The precision that {@code --precision} names. */
    static Precision precision(String value) {
        return switch (value.toLowerCase(Locale.ROOT)) {
            case "f32" -> Precision.F32;
            case "bf16" -> Precision.BF16;
            case "int8" -> Precision.INT8;
            default -> throw new UsageException("illegal value '" + value + "' specified for flag 'precision': expected f32, bf16 or int8");
        };
    }

    /** The parts of a list separated by commas; none for the empty one. */
    static List<String> list(String value) {
        return value.isEmpty() ? List.of() : List.of(value.split(","));
    }

    /** The numbers of a list separated by commas; null if it is empty or something in it is no number. */
    static float[] numbers(String value) {
        List<String> parts = list(value);
        float[] numbers = new float[parts.size()];
        try {
            for (int i = 0; i < numbers.length; i++) {
                numbers[i] = Float.parseFloat(parts.get(i));
            }
        } catch (NumberFormatException e) {
            return null;
        }
        return numbers.length == 0 ? null : numbers;
    }

    /** A net definition with the phase and level set and the stages added. */
    static NetParameter withState(NetParameter definition, Phase phase, int level, String stages) {
        NetState.Builder state = definition.getState().toBuilder().setPhase(phase.proto()).setLevel(level).addAllStage(list(stages));
        return definition.toBuilder().setState(state).build();
    }

    /** Loads the weight files of a list separated by commas, and warns of layers that got none. */
    static void load(Net net, String files) {
        for (String file : list(files)) {
            Path path = Path.of(file);
            net.copyTrainedLayersFrom(path).warnOfMissing(path);
        }
    }
}
