package org.caffe4j;

/** A device cannot do what was asked: no driver, no such device, or an error of the CUDA runtime. */
public class DeviceException extends CaffeException {
    private static final long serialVersionUID = 1L;

    public DeviceException(String message) {
        super(message);
    }

    public DeviceException(String message, Throwable cause) {
        super(message, cause);
    }
}
