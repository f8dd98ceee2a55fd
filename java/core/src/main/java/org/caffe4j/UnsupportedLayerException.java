package org.caffe4j;

/** A layer type that is not registered; the message lists near names. */
public class UnsupportedLayerException extends NetDefinitionException {
    private static final long serialVersionUID = 1L;

    public UnsupportedLayerException(String message) {
        super(message);
    }

    public UnsupportedLayerException(String message, Throwable cause) {
        super(message, cause);
    }
}
