package org.caffe4j.solver;

import java.util.ArrayList;
import java.util.List;
import org.caffe4j.proto.SmoothedLossState;

/** The mean of the last {@code average_loss} losses; of all of them until there are that many. Source: Caffe's smoothed loss. */
final class SmoothedLoss {
    private final int size;
    private final List<Float> losses = new ArrayList<>();
    private int added;
    private float value;

    SmoothedLoss(int size) {
        this.size = size;
    }

    void add(float loss) {
        if (losses.size() < size) {
            losses.add(loss);
            value = (value * added + loss) / (added + 1);
        } else {
            value += (loss - losses.set(added % size, loss)) / size;
        }
        added++;
    }

    SmoothedLossState save() {
        return SmoothedLossState.newBuilder().setAverageLoss(size).addAllLoss(losses).setAdded(added).setValue(value).build();
    }

    /** Goes on where {@link #save} was called; anew where {@code average_loss} was another. */
    void restore(SmoothedLossState state) {
        if (state.getAverageLoss() == size && state.getLossCount() <= size) {
            losses.clear();
            losses.addAll(state.getLossList());
            added = state.getAdded();
            value = state.getValue();
        }
    }

    float value() {
        return value;
    }
}
