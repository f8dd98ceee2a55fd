package org.caffe4j;

/**
 * Root of everything that caffe4j throws because of a user's input, files, machine or device.
 *
 * <p>A message says what went wrong, where (layer, field, file), what was expected against what was found, and gives one hint. Where
 * Caffe would print a fatal check and end the process, one of the kinds below is thrown and the process goes on. Misuse of the API by
 * the calling program (use after close, two threads in one net) is an {@link IllegalStateException} instead.
 */
public class CaffeException extends RuntimeException {
    private static final long serialVersionUID = 1L;

    public CaffeException(String message) {
        super(message);
    }

    public CaffeException(String message, Throwable cause) {
        super(message, cause);
    }
}
