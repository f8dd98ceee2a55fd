/** Pictures of nets: which boxes and arrows, what they say, where they lie and how they look. */
package org.caffe4j.tools.netgraph;
