package org.caffe4j;

import org.caffe4j.natives.Native;

/**
 * Where a net computes. A device belongs to a {@link Context}, never to a thread.
 *
 * @param kind CPU or CUDA
 * @param id number of the CUDA device, 0 for the CPU
 */
public record Device(Kind kind, int id) {
    /** Kinds of devices. */
    public enum Kind {
        CPU,
        CUDA
    }

    private static final Device CPU = new Device(Kind.CPU, 0);

    public static Device cpu() {
        return CPU;
    }

    /**
     * A CUDA device by its number, whether it is there or not.
     *
     * @throws IllegalArgumentException if the number is negative
     */
    public static Device cuda(int id) {
        if (id < 0) {
            throw new IllegalArgumentException("CUDA devices are numbered from 0, got " + id);
        }
        return new Device(Kind.CUDA, id);
    }

    /** Number of CUDA devices that can be used; 0 where there is none, for which {@link #cudaUnavailabilityCause()} gives the reason. */
    public static int cudaCount() {
        return Natives.isAvailable() ? Native.device_count() : 0;
    }

    /** Why {@link #cudaCount()} is 0, in one sentence; empty where there is a device. */
    public static String cudaUnavailabilityCause() {
        return Natives.isAvailable() ? Native.device_unavailability().getString() : Natives.unavailabilityCause().getMessage();
    }

    /** Versions of cuBLAS, cuDNN and NCCL, which are opened at run time, or why one of them cannot be used. */
    public static String cudaLibraries() {
        return Natives.isAvailable() ? Native.device_libraries().getString() : Natives.unavailabilityCause().getMessage();
    }

    /**
     * The properties of a CUDA device as {@code caffe device_query} prints them, one a line.
     *
     * @throws DeviceException if there is no such device
     */
    public static String cudaProperties(int id) {
        Natives.requireAvailable();
        return NativeErrors.call(() -> Native.device_properties(id).getString());
    }

    @Override
    public String toString() {
        return kind == Kind.CPU ? "CPU" : "CUDA device " + id;
    }
}
