package org.caffe4j;

/** A net or solver description is wrong: text that does not parse, a field out of range, an unknown bottom, a wrong number of blobs. */
public class NetDefinitionException extends CaffeException {
    private static final long serialVersionUID = 1L;

    public NetDefinitionException(String message) {
        super(message);
    }

    public NetDefinitionException(String message, Throwable cause) {
        super(message, cause);
    }
}
