package org.caffe4j;

/**
 * One of several nets that train together, each on its share of the data; see {@link org.caffe4j.solver.ParallelTraining}. In phase TRAIN
 * the layers Data and HDF5Data of rank {@code index} take every {@code count}-th record, from record {@code index} on; in phase TEST all.
 *
 * @param index 0, the root, which tests, logs and writes snapshots, to {@code count - 1}
 * @param count how many there are
 */
public record Rank(int index, int count) {
    /** The only one. */
    public static final Rank ALONE = new Rank(0, 1);

    /** @throws IllegalArgumentException unless {@code 0 <= index < count} */
    public Rank {
        if (index < 0 || index >= count) {
            throw new IllegalArgumentException("rank " + index + " of " + count + ": expected a number from 0 to " + (count - 1));
        }
    }

    /** Whether this is the one that tests, logs and writes snapshots. */
    public boolean isRoot() {
        return index == 0;
    }

    /** Whether the data layers of this rank use record number {@code record} of the data in the given phase. */
    public boolean takes(long record, Phase phase) {
        return phase == Phase.TEST || record % count == index;
    }
}
