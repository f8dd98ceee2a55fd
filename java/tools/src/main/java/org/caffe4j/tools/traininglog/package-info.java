/** Reading the log of a training and making tables and charts of it. */
package org.caffe4j.tools.traininglog;
