package org.caffe4j.tools.log;

import org.slf4j.Marker;
import org.slf4j.event.Level;
import org.slf4j.helpers.LegacyAbstractLogger;
import org.slf4j.helpers.MessageFormatter;

/**
 * A logger that writes to {@link Glog}. Trace and debug lines are glog's verbose lines of level 2 and 1. A library other than caffe4j
 * shows only its warnings and errors unless the log is verbose.
 */
final class GlogLogger extends LegacyAbstractLogger {
    private static final long serialVersionUID = 1L;
    private static final String OWN = "org.caffe4j";
    /** Warns with every HDF5 file that it writes that it is young. */
    private static final String TALKATIVE = "io.jhdf";

    GlogLogger(String name) {
        this.name = name;
    }

    @Override
    public boolean isTraceEnabled() {
        return Glog.settings().verbosity() >= 2;
    }

    @Override
    public boolean isDebugEnabled() {
        return Glog.settings().verbosity() >= (name.startsWith(OWN) ? 1 : 2);
    }

    @Override
    public boolean isInfoEnabled() {
        return Glog.enabled(Severity.INFO) && (name.startsWith(OWN) || Glog.verbose());
    }

    @Override
    public boolean isWarnEnabled() {
        return Glog.enabled(Severity.WARNING) && (!name.startsWith(TALKATIVE) || Glog.verbose());
    }

    @Override
    public boolean isErrorEnabled() {
        return Glog.enabled(Severity.ERROR);
    }

    @Override
    protected String getFullyQualifiedCallerName() {
        return GlogLogger.class.getName();
    }

    @Override
    protected void handleNormalizedLoggingCall(Level level, Marker marker, String message, Object[] arguments, Throwable throwable) {
        Severity severity = switch (level) {
            case ERROR -> Severity.ERROR;
            case WARN -> Severity.WARNING;
            default -> Severity.INFO;
        };
        Glog.log(severity, MessageFormatter.basicArrayFormat(message, arguments), throwable);
    }
}
