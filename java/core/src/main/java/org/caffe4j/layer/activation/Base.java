package org.caffe4j.layer.activation;

/** The base of Exp's powers and Log's logarithms: a positive number, or -1 for e. */
final class Base {
    private Base() {}

    /** Natural logarithm of the base. */
    static double ln(float base) {
        return base == -1 ? 1 : Math.log(base);
    }

    static boolean isValid(float base) {
        return base == -1 || base > 0;
    }
}
