package org.caffe4j;

/** A file of weights, solver state, mean values or arrays is damaged, truncated or of another kind than expected. */
public class ModelFormatException extends CaffeException {
    private static final long serialVersionUID = 1L;

    public ModelFormatException(String message) {
        super(message);
    }

    public ModelFormatException(String message, Throwable cause) {
        super(message, cause);
    }
}
