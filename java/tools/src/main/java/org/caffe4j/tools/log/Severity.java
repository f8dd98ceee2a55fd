package org.caffe4j.tools.log;

/** glog's severities, in its order: {@code GLOG_minloglevel} counts them from 0. */
public enum Severity {
    INFO,
    WARNING,
    ERROR,
    FATAL;

    char letter() {
        return name().charAt(0);
    }
}
