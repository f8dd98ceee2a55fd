/** glog's log lines for the command line, as an SLF4J backend. */
package org.caffe4j.tools.log;
