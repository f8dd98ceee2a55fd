package org.caffe4j.optimize;

import java.util.LinkedHashSet;
import java.util.Set;
import org.caffe4j.Blob;

/** What one layer writes once: a layer in place makes a new value in the same blob. */
final class Value {
    /** The blob whose shape the value has; where layers run themselves, the one that holds it. */
    Blob blob;
    /** The node that makes it. */
    Node maker;
    /** The blobs in which the value must be readable from outside the plan; empty for one that exists inside only. */
    final Set<Blob> homes = new LinkedHashSet<>();

    Value(Blob blob, Node maker) {
        this.blob = blob;
        this.maker = maker;
    }

    boolean isReadable() {
        return !homes.isEmpty();
    }
}
