package org.caffe4j.tools;

/** A command line that cannot be understood: reported as one {@code ERROR:} line, exit code 1. */
final class UsageException extends RuntimeException {
    private static final long serialVersionUID = 1L;

    UsageException(String message) {
        super(message);
    }
}
