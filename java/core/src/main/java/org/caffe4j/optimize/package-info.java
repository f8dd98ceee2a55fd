/**
 * The inference plan: a net's graph, the passes that simplify it, and the plan that runs what is left. {@link org.caffe4j.Net#optimize()}
 * is the way in; {@link org.caffe4j.optimize.Operation} is what a layer says of itself to take part.
 */
package org.caffe4j.optimize;
