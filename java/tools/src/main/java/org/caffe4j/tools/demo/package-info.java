/** What {@code caffe demo} shows: the digits, the curves of the training and the picture of the answers. */
package org.caffe4j.tools.demo;
