package org.caffe4j.data.leveldb;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/** Makes blocks, see {@link Block}, one after another. */
final class BlockBuilder {
    private final int restartInterval;
    private final List<Integer> restarts = new ArrayList<>();
    private Encoder out = new Encoder();
    private byte[] last = {};
    private int sinceRestart;

    /** @param restartInterval entries from one whole key to the next */
    BlockBuilder(int restartInterval) {
        this.restartInterval = restartInterval;
    }

    void add(byte[] key, byte[] value) {
        int shared = 0;
        if (restarts.isEmpty() || sinceRestart == restartInterval) {
            restarts.add(out.size());
            sinceRestart = 0;
        } else {
            int difference = Arrays.mismatch(last, key);
            shared = difference < 0 ? key.length : difference;
        }
        out.varint(shared).varint(key.length - shared).varint(value.length);
        out.write(key, shared, key.length - shared);
        out.put(value);
        last = key;
        sinceRestart++;
    }

    int size() {
        return out.size();
    }

    boolean isEmpty() {
        return restarts.isEmpty();
    }

    /** The block's bytes; the next block begins. */
    byte[] finish() {
        if (restarts.isEmpty()) {
            restarts.add(0);
        }
        restarts.forEach(out::fixed32);
        out.fixed32(restarts.size());
        byte[] bytes = out.toByteArray();
        out = new Encoder();
        restarts.clear();
        return bytes;
    }
}
