/** Layers that multiply with learned weights: convolutions, inner products, embeddings, and the unrolling of patches under them. */
package org.caffe4j.layer.linear;
