package org.caffe4j;

/** Shapes do not fit: a blob against a layer, a layer against its weights, a reshape or an axis out of range. */
public class ShapeException extends CaffeException {
    private static final long serialVersionUID = 1L;

    public ShapeException(String message) {
        super(message);
    }

    public ShapeException(String message, Throwable cause) {
        super(message, cause);
    }
}
