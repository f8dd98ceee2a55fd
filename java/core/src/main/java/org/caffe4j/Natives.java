package org.caffe4j;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Locale;
import org.bytedeco.javacpp.Loader;
import org.caffe4j.natives.Native;

/**
 * Whether the native library can be used in this process. Loading is tried once, on the first question, and its outcome is a value:
 * nothing here fails in a static initialiser.
 *
 * <p>All methods may be called from any thread.
 */
public final class Natives {
    private static Throwable cause;
    private static boolean tried;

    private Natives() {}

    /** True if the native library is loaded or could be loaded now. */
    public static synchronized boolean isAvailable() {
        if (!tried) {
            tried = true;
            cause = load();
        }
        return cause == null;
    }

    /** Why {@link #isAvailable()} is false; null where it is true. */
    public static synchronized Throwable unavailabilityCause() {
        return isAvailable() ? null : cause;
    }

    /** @throws DeviceException with the cause if the native library cannot be used */
    public static void requireAvailable() {
        if (!isAvailable()) {
            throw new DeviceException(unavailabilityCause().getMessage(), unavailabilityCause());
        }
    }

    /** How the library was built: compiler, BLAS and oneDNN versions, "cpu" or "gpu". */
    public static String description() {
        requireAvailable();
        return Native.build_variant().getString() + "; " + Native.build_description().getString();
    }

    private static Throwable load() {
        String platform = Loader.getPlatform();
        String old = missingInstructions(platform);
        if (old != null) {
            return new UnsatisfiedLinkError(old);
        }
        try {
            Loader.load(Native.class);
            return null;
        } catch (LinkageError | RuntimeException e) {
            Throwable root = e;
            while (root.getCause() != null && root.getCause() != root) {
                root = root.getCause();
            }
            Throwable described = new UnsatisfiedLinkError("the native library of caffe4j cannot be loaded on " + platform + ": "
                    + root.getMessage() + "; " + hint(platform));
            described.initCause(e);
            return described;
        }
    }

    private static String hint(String platform) {
        if (platform.equals("linux-x86_64") || platform.equals("linux-arm64")) {
            if (Natives.class.getResource("/org/caffe4j/natives/" + platform + "/") == null
                    && Natives.class.getResource("/org/caffe4j/natives/" + platform + "-gpu/") == null) {
                return "add org.caffe4j:caffe4j-platform, or caffe4j-native with the classifier " + platform + ", to the class path";
            }
            return "it needs glibc 2.35 or newer, a writable cache folder (set org.bytedeco.javacpp.cachedir to move it away from a noexec one)"
                    + " and the openblas and dnnl jars of org.bytedeco for " + platform;
        }
        return "there is no build for this platform; there are builds for linux-x86_64 and linux-arm64";
    }

    /** The build for x86-64 uses AVX2 and FMA without asking; say so before the processor stops the process. */
    private static String missingInstructions(String platform) {
        Path cpuinfo = Path.of("/proc/cpuinfo");
        if (!platform.equals("linux-x86_64") || !Files.isReadable(cpuinfo)) {
            return null;
        }
        try {
            return Files.readString(cpuinfo, StandardCharsets.UTF_8).lines()
                    .filter(line -> line.startsWith("flags"))
                    .findFirst()
                    .map(line -> " " + line.substring(line.indexOf(':') + 1).toLowerCase(Locale.ROOT) + " ")
                    .filter(flags -> !(flags.contains(" avx2 ") && flags.contains(" fma ")))
                    .map(flags -> "the native library of caffe4j needs a processor with AVX2 and FMA (x86-64-v3), which this one lacks")
                    .orElse(null);
        } catch (IOException e) {
            return null;
        }
    }
}
