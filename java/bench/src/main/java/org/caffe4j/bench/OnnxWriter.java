package org.caffe4j.bench;

import com.google.protobuf.ByteString;
import com.google.protobuf.CodedOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.FloatBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/** Builds an ONNX file, operator set 13, message by message. Source: the field numbers of onnx.proto. */
final class OnnxWriter {
    private static final int OPERATOR_SET = 13;
    private static final int FLOAT = 1;

    private final List<ByteString> nodes = new ArrayList<>();
    private final List<ByteString> initializers = new ArrayList<>();
    private final List<ByteString> inputs = new ArrayList<>();
    private final List<ByteString> outputs = new ArrayList<>();

    /** Adds a node; attribute values are Long, Float, String or long[]. */
    void node(String type, List<String> in, String out, Map<String, Object> attributes) {
        nodes.add(message(m -> {
            for (String name : in) {
                m.writeString(1, name);
            }
            m.writeString(2, out);
            m.writeString(3, out + "_" + type);
            m.writeString(4, type);
            for (Map.Entry<String, Object> attribute : attributes.entrySet()) {
                m.writeBytes(5, attribute(attribute.getKey(), attribute.getValue()));
            }
        }));
    }

    void input(String name, long... shape) {
        inputs.add(value(name, shape));
    }

    void output(String name, long... shape) {
        outputs.add(value(name, shape));
    }

    void floats(String name, FloatBuffer values, long... shape) {
        ByteBuffer raw = ByteBuffer.allocate(4 * values.remaining()).order(ByteOrder.LITTLE_ENDIAN);
        raw.asFloatBuffer().put(values.duplicate());
        initializers.add(tensor(name, FLOAT, raw, shape));
    }


    void write(Path file, String graphName) throws IOException {
        ByteString graph = message(m -> {
            writeAll(m, 1, nodes);
            m.writeString(2, graphName);
            writeAll(m, 5, initializers);
            writeAll(m, 11, inputs);
            writeAll(m, 12, outputs);
        });
        ByteString operatorSet = message(m -> {
            m.writeString(1, "");
            m.writeInt64(2, OPERATOR_SET);
        });
        try (OutputStream out = Files.newOutputStream(file)) {
            CodedOutputStream m = CodedOutputStream.newInstance(out);
            m.writeInt64(1, 7);
            m.writeString(2, "caffe4j-bench");
            m.writeBytes(7, graph);
            m.writeBytes(8, operatorSet);
            m.flush();
        }
    }

    private static ByteString attribute(String name, Object value) {
        return message(m -> {
            m.writeString(1, name);
            if (value instanceof Float f) {
                m.writeFloat(2, f);
                m.writeInt32(20, 1);
            } else if (value instanceof Long i) {
                m.writeInt64(3, i);
                m.writeInt32(20, 2);
            } else if (value instanceof String s) {
                m.writeString(4, s);
                m.writeInt32(20, 3);
            } else if (value instanceof long[] list) {
                for (long i : list) {
                    m.writeInt64(8, i);
                }
                m.writeInt32(20, 7);
            } else {
                throw new IllegalArgumentException("no attribute type for " + value.getClass());
            }
        });
    }

    private static ByteString tensor(String name, int type, ByteBuffer raw, long... shape) {
        return message(m -> {
            for (long dim : shape) {
                m.writeInt64(1, dim);
            }
            m.writeInt32(2, type);
            m.writeString(8, name);
            m.writeByteBuffer(9, raw);
        });
    }

    private static ByteString value(String name, long... shape) {
        ByteString dims = message(m -> {
            for (long dim : shape) {
                m.writeBytes(1, message(d -> d.writeInt64(1, dim)));
            }
        });
        ByteString type = message(m -> {
            m.writeInt32(1, FLOAT);
            m.writeBytes(2, dims);
        });
        return message(m -> {
            m.writeString(1, name);
            m.writeBytes(2, message(t -> t.writeBytes(1, type)));
        });
    }

    private static void writeAll(CodedOutputStream out, int field, List<ByteString> messages) throws IOException {
        for (ByteString message : messages) {
            out.writeBytes(field, message);
        }
    }

    private interface Content {
        void write(CodedOutputStream out) throws IOException;
    }

    private static ByteString message(Content content) {
        ByteString.Output bytes = ByteString.newOutput();
        CodedOutputStream out = CodedOutputStream.newInstance(bytes);
        try {
            content.write(out);
            out.flush();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        return bytes.toByteString();
    }
}
