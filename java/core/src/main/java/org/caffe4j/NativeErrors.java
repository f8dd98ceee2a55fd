package org.caffe4j;

import java.util.function.Supplier;

/** Turns what the native library throws into the exceptions of this package. */
public final class NativeErrors {
    private static final String PREFIX = "C4J:";

    private NativeErrors() {}

    /** Runs native calls, translating their errors. */
    public static <T> T call(Supplier<T> calls) {
        try {
            return calls.get();
        } catch (RuntimeException e) {
            throw translate(e, "");
        }
    }

    /** Runs native calls, translating their errors. */
    public static void run(Runnable calls) {
        try {
            calls.run();
        } catch (RuntimeException e) {
            throw translate(e, "");
        }
    }

    /**
     * The exception to throw in place of {@code e}: a native error becomes the {@link CaffeException} of its kind, a CaffeException gets
     * {@code where} in front of its message, anything else is returned as it is.
     *
     * @param where what was being done, such as {@code "layer 'conv1' (Convolution): "}; may be empty
     */
    public static RuntimeException translate(RuntimeException e, String where) {
        String message = e.getMessage() == null ? e.toString() : e.getMessage();
        if (e instanceof CaffeException) {
            return where.isEmpty() || message.startsWith(where) ? e : rebuilt((CaffeException) e, where + message);
        }
        if (!message.startsWith(PREFIX)) {
            // The binding throws bare RuntimeExceptions for C++ exceptions that are not the core's own, such as a failed allocation.
            return e.getClass() == RuntimeException.class ? new CaffeException(where + message, e) : e;
        }
        int end = message.indexOf(':', PREFIX.length());
        String text = where + message.substring(end + 1);
        return switch (message.substring(PREFIX.length(), end)) {
            case "SHAPE" -> new ShapeException(text, e);
            case "DATA" -> new DataException(text, e);
            case "HOST_MEMORY", "DEVICE_MEMORY" -> new NativeMemoryException(text, e);
            case "DEVICE" -> new DeviceException(text, e);
            case "UNSUPPORTED" -> new NetDefinitionException(text, e);
            case "INVALID" -> new IllegalArgumentException(text, e);
            default -> new CaffeException(text, e);
        };
    }

    private static CaffeException rebuilt(CaffeException e, String message) {
        if (e instanceof UnsupportedLayerException) {
            return new UnsupportedLayerException(message, e);
        } else if (e instanceof ShapeException) {
            return new ShapeException(message, e);
        } else if (e instanceof NetDefinitionException) {
            return new NetDefinitionException(message, e);
        } else if (e instanceof ModelFormatException) {
            return new ModelFormatException(message, e);
        } else if (e instanceof DataException) {
            return new DataException(message, e);
        } else if (e instanceof NativeMemoryException) {
            return new NativeMemoryException(message, e);
        } else if (e instanceof DeviceException) {
            return new DeviceException(message, e);
        }
        return new CaffeException(message, e);
    }
}
