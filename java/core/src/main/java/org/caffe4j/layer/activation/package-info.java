/** Layers that work element by element: activation functions, Dropout, and scales and biases repeated over some axes. */
package org.caffe4j.layer.activation;
