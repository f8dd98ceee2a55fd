package org.caffe4j;

/** Called around each layer of a net's forward and backward pass, on the thread that runs the net. An exception ends the pass. */
public interface NetCallback {
    /** Before layer number {@code layer} runs forward. */
    default void beforeForward(Net net, int layer) {
    }

    /** After layer number {@code layer} ran forward. */
    default void afterForward(Net net, int layer) {
    }

    /** Before layer number {@code layer} runs backward, also where the layer needs no backward computation. */
    default void beforeBackward(Net net, int layer) {
    }

    /** After layer number {@code layer} ran backward. */
    default void afterBackward(Net net, int layer) {
    }
}
