package org.caffe4j.optimize;

/** One simplification of a graph. What the graph computes stays the same. */
interface Pass {
    void apply(Graph graph);
}
