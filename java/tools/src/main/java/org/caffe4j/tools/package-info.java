/**
 * The command line {@code caffe}: Caffe's commands with Caffe's flags, and commands of our own. {@link org.caffe4j.tools.Caffe} is the
 * main class; each command is a class that is loaded only when it is asked for.
 */
package org.caffe4j.tools;
