package org.caffe4j.solver;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.caffe4j.CaffeException;
import org.caffe4j.DataException;
import org.caffe4j.Net;
import org.caffe4j.layer.Layer;
import org.caffe4j.proto.LayerState;
import org.caffe4j.proto.NetLayerStates;
import org.caffe4j.proto.ResumeState;

/**
 * What a solver's next iterations depend on beside parameters and history: the context's random generator, the recent losses, and where the
 * layers of all nets stand in their data. With it a resumed run gives the same numbers as one that was never interrupted.
 */
final class ResumePoint {
    private ResumePoint() {
    }

    static ResumeState capture(Solver solver) {
        ResumeState.Builder state = ResumeState.newBuilder().setIteration(solver.iteration()).setSmoothedLoss(solver.smoothed().save())
                .setRandom(solver.context().rng().toState());
        for (Net net : nets(solver)) {
            NetLayerStates.Builder layers = state.addNetBuilder();
            for (Layer layer : net.layers()) {
                LayerState layerState = layer.saveState();
                if (!layerState.equals(LayerState.getDefaultInstance())) {
                    layers.addLayer(layerState.toBuilder().setName(layer.name()).setType(layer.type()));
                }
            }
        }
        return state.build();
    }

    /**
     * Puts the layers and the generator where they were.
     *
     * @throws DataException if a layer cannot go there, because the nets or their data are others
     */
    static void restore(Solver solver, ResumeState state) {
        List<Net> nets = nets(solver);
        if (state.getNetCount() != nets.size()) {
            throw new DataException("the run had " + state.getNetCount() + " nets, this solver has " + nets.size());
        }
        for (int i = 0; i < nets.size(); i++) {
            Map<String, LayerState> states = new HashMap<>();
            state.getNet(i).getLayerList().forEach(layer -> states.put(layer.getName(), layer));
            for (Layer layer : nets.get(i).layers()) {
                LayerState layerState = states.remove(layer.name());
                if (layerState != null) {
                    restore(layer, layerState);
                }
            }
            if (!states.isEmpty()) {
                throw new DataException("net '" + nets.get(i).name() + "' has no layers " + states.keySet());
            }
        }
        solver.context().rng().restore(state.getRandom());
    }

    private static void restore(Layer layer, LayerState state) {
        if (!state.getType().equals(layer.type())) {
            throw new DataException(layer.where() + "cannot go on where it was: its type was " + state.getType());
        }
        try {
            layer.restoreState(state);
        } catch (CaffeException | IllegalArgumentException | IndexOutOfBoundsException e) {
            throw new DataException(layer.where() + "cannot go on where it was: " + e.getMessage(), e);
        }
    }

    private static List<Net> nets(Solver solver) {
        List<Net> nets = new ArrayList<>(List.of(solver.net()));
        nets.addAll(solver.testNets());
        return nets;
    }
}
