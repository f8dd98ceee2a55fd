package org.caffe4j;

/** Memory outside the Java heap could not be had, on the host or on a device; the message says how much was asked for. */
public class NativeMemoryException extends CaffeException {
    private static final long serialVersionUID = 1L;

    public NativeMemoryException(String message) {
        super(message);
    }

    public NativeMemoryException(String message, Throwable cause) {
        super(message, cause);
    }
}
