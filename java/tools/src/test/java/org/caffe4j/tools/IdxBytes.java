package org.caffe4j.tools;

import java.nio.ByteBuffer;

/** Files in MNIST's format, for tests. */
final class IdxBytes {
    private IdxBytes() {}

    /** The bytes of a file of unsigned bytes with these axes. */
    static byte[] of(byte[] values, int... shape) {
        ByteBuffer buffer = ByteBuffer.allocate(4 + 4 * shape.length + values.length).putInt(0x800 | shape.length);
        for (int dim : shape) {
            buffer.putInt(dim);
        }
        return buffer.put(values).array();
    }
}
