/** Pictures in files: what is drawn with Java's Graphics2D becomes PNG or SVG. */
package org.caffe4j.tools.picture;
