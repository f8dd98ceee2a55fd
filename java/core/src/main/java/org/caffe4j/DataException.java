package org.caffe4j;

/** Data are wrong: a record, image or database that cannot be read, a label out of range, a non-finite value where none may be. */
public class DataException extends CaffeException {
    private static final long serialVersionUID = 1L;

    public DataException(String message) {
        super(message);
    }

    public DataException(String message, Throwable cause) {
        super(message, cause);
    }
}
