package org.caffe4j;

/**
 * A parameter blob that a solver updates; parameters shared between layers appear once.
 *
 * @param blob values and gradient, owned by the net
 * @param name {@code <layer>.<position in the layer>} of the owner, as in {@code conv1.0}
 * @param lrMult factor on the solver's learning rate
 * @param decayMult factor on the solver's weight decay
 */
public record LearnableParam(Blob blob, String name, float lrMult, float decayMult) {
}
