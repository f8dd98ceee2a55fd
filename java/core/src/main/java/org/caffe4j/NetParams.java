package org.caffe4j;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import org.caffe4j.proto.ParamSpec;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** The parameters of a net under construction: who owns which, and the multipliers of the owned ones. */
final class NetParams {
    private static final Logger LOG = LoggerFactory.getLogger(Net.class);

    /** One parameter of one layer; {@code owner} is its own id, or the id of the parameter that it shares. */
    record Entry(Blob blob, NetLayer layer, int index, String displayName, int owner) {
    }

    private static final class Multipliers {
        private Float lr;
        private Float decay;
    }

    private final List<Entry> entries = new ArrayList<>();
    private final Map<String, Integer> ownerByName = new HashMap<>();
    private final Map<Integer, Multipliers> multipliers = new HashMap<>();

    List<Entry> entries() {
        return entries;
    }

    /** Adds parameter number {@code index} of a layer. */
    void add(NetLayer layer, int index, ParamSpec spec) {
        int id = entries.size();
        Blob blob = layer.layer.blobs().get(index);
        String name = spec.getName();
        int owner = name.isEmpty() ? id : Objects.requireNonNullElse(ownerByName.putIfAbsent(name, id), id);
        entries.add(new Entry(blob, layer, index, name.isEmpty() ? Integer.toString(index) : name, owner));
        layer.paramIds.add(id);
        if (owner != id) {
            checkSharing(entries.get(owner), layer, blob, spec);
        }
        Multipliers known = multipliers.computeIfAbsent(owner, o -> new Multipliers());
        if (spec.hasLrMult()) {
            known.lr = agreed(known.lr, spec.getLrMult(), name, "lr_mult");
        }
        if (spec.hasDecayMult()) {
            known.decay = agreed(known.decay, spec.getDecayMult(), name, "decay_mult");
        }
    }

    /** Lets every sharing parameter use the values and gradients of its owner. */
    void share() {
        for (int id = 0; id < entries.size(); id++) {
            Entry entry = entries.get(id);
            if (entry.owner() != id) {
                entry.blob().shareData(entries.get(entry.owner()).blob());
                entry.blob().shareDiff(entries.get(entry.owner()).blob());
            }
        }
    }

    /** The owned parameters in order of appearance. */
    List<LearnableParam> learnable() {
        List<LearnableParam> learnable = new ArrayList<>();
        for (int id = 0; id < entries.size(); id++) {
            Entry entry = entries.get(id);
            if (entry.owner() == id) {
                Multipliers m = multipliers.get(id);
                learnable.add(new LearnableParam(entry.blob(), entry.layer().name() + "." + entry.index(),
                        m.lr == null ? 1 : m.lr, m.decay == null ? 1 : m.decay));
            }
        }
        return learnable;
    }

    private static float agreed(Float known, float given, String name, String field) {
        if (known != null && known != given) {
            throw new NetDefinitionException("Shared param '" + name + "' has mismatched " + field + ". The first is " + known
                    + ", a later one " + given + ".");
        }
        return given;
    }

    private static void checkSharing(Entry owner, NetLayer layer, Blob blob, ParamSpec spec) {
        LOG.info("Sharing parameters '{}' owned by layer '{}', param index {}", spec.getName(), owner.layer().name(), owner.index());
        boolean permissive = spec.getShareMode() == ParamSpec.DimCheckMode.PERMISSIVE;
        if (permissive ? owner.blob().count() != blob.count() : !Arrays.equals(owner.blob().shape(), blob.shape())) {
            throw new ShapeException("Cannot share param '" + spec.getName() + "' owned by layer '" + owner.layer().name()
                    + "' with layer '" + layer.name() + "'; " + (permissive ? "count" : "shape") + " mismatch.  Owner layer param shape is "
                    + owner.blob().shapeString() + "; sharing layer expects shape " + blob.shapeString() + "."
                    + (permissive ? "" : " share_mode: PERMISSIVE would ask for equal counts only."));
        }
    }
}
