package org.caffe4j;

/** The device that tests run on: the CPU, or CUDA device 0 where {@code -Dcaffe4j.test.device=cuda} is set (Maven's profile emulated-gpu). */
public final class TestDevice {
    private static final Device DEVICE = "cuda".equals(System.getProperty("caffe4j.test.device")) ? Device.cuda(0) : Device.cpu();

    private TestDevice() {}

    public static boolean isGpu() {
        return DEVICE.kind() == Device.Kind.CUDA;
    }

    /** True on a GPU that is not the emulated one. */
    public static boolean isHardwareGpu() {
        return isGpu() && !Device.cudaProperties(0).contains("emulated device");
    }

    public static Device device() {
        return DEVICE;
    }

    /** A context on it. */
    public static Context context(int threads) {
        return Context.on(DEVICE, threads);
    }
}
