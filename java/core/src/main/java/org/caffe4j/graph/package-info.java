/**
 * From the definition in a prototxt to the layers that a net is built of, as Caffe's own rules go: older formats upgraded, layers chosen by
 * phase, level and stages, Split layers inserted. Pure functions of messages.
 */
package org.caffe4j.graph;
