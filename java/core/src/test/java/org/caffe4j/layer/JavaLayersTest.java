package org.caffe4j.layer;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.google.protobuf.TextFormat;
import java.nio.file.Path;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.caffe4j.Blob;
import org.caffe4j.CaffeException;
import org.caffe4j.Context;
import org.caffe4j.JavaProgram;
import org.caffe4j.Net;
import org.caffe4j.NetDefinitionException;
import org.caffe4j.Phase;
import org.caffe4j.TestDevice;
import org.caffe4j.UnsupportedLayerException;
import org.caffe4j.proto.LayerParameter;
import org.caffe4j.proto.NetParameter;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class JavaLayersTest {
    /** Writes the length of its param_str; fails in forward if that is 0. */
    public static class Length extends Layer {
        public Length(LayerParameter param, Context context) {
            super(param, context);
        }

        @Override
        public void reshape(List<Blob> bottom, List<Blob> top) {
            top.get(0).reshape(1);
        }

        @Override
        public void forward(List<Blob> bottom, List<Blob> top) {
            String text = param().getJavaParam().getParamStr();
            top.get(0).data().set(text.length() / (text.isEmpty() ? 0 : 1));
        }

        @Override
        public void backward(List<Blob> top, boolean[] propagateDown, List<Blob> bottom) {
        }
    }

    public static class NoConstructor extends Length {
        public NoConstructor(LayerParameter param) {
            super(param, null);
        }
    }

    public static class Throwing extends Length {
        public Throwing(LayerParameter param, Context context) {
            super(param, context);
            throw new IllegalStateException("no disk");
        }
    }

    public abstract static class Unfinished extends Length {
        public Unfinished(LayerParameter param, Context context) {
            super(param, context);
        }
    }

    public static class Unloadable extends Length {
        static final int ZERO = Integer.parseInt("zero");

        public Unloadable(LayerParameter param, Context context) {
            super(param, context);
        }
    }

    private static NetParameter net(String javaParam) throws TextFormat.ParseException {
        return TextFormat.parse("layer { name: 'mine' type: 'Java' top: 'out' java_param { " + javaParam + " } }", NetParameter.class);
    }

    private static NetParameter netOf(Class<?> type) throws TextFormat.ParseException {
        return net("class: '" + type.getName() + "'");
    }

    @Test
    void aClassNamedInThePrototxtRuns() throws Exception {
        NetParameter param = net("class: '" + Length.class.getName() + "' param_str: 'four'");
        assertEquals(param, NetParameter.parseFrom(param.toByteArray()));
        try (Context context = TestDevice.context(1); Net net = new Net(param, Phase.TEST, context)) {
            net.forward();
            assertArrayEquals(new float[] {4}, net.blobByName("out").data().toArray());
        }
    }

    @Test
    void whatTheUsersCodeThrowsNamesTheLayer() throws Exception {
        try (Context context = TestDevice.context(1); Net net = new Net(netOf(Length.class), Phase.TEST, context)) {
            CaffeException e = assertThrows(CaffeException.class, net::forward);
            assertTrue(e.getMessage().startsWith("layer 'mine' (Java): java.lang.ArithmeticException"), e.getMessage());
            assertTrue(e.getCause() instanceof ArithmeticException);
        }
    }

    @Test
    void classesThatCannotBeUsedAreNamedWithAHint() throws Exception {
        assertError(net(""), "java_param.class must name");
        assertError(net("class: 'com.example.Nothing'"), "class com.example.Nothing (java_param.class) is not found");
        assertError(netOf(String.class), "class java.lang.String is no layer");
        assertError(netOf(NoConstructor.class), "has no public constructor (LayerParameter, Context)");
        assertError(netOf(Throwing.class), "throws java.lang.IllegalStateException: no disk");
        assertError(netOf(Unfinished.class), "must be public and not abstract");
        assertError(netOf(Unloadable.class), "load without an error");
    }

    private static void assertError(NetParameter param, String text) {
        try (Context context = TestDevice.context(1)) {
            String message = assertThrows(NetDefinitionException.class, () -> new Net(param, Phase.TEST, context)).getMessage();
            assertTrue(message.startsWith("layer 'mine' (Java): ") && message.contains(text), message);
        }
    }

    @Test
    void pythonLayersSayWhereTheyRun() throws Exception {
        NetParameter param = TextFormat.parse("layer { name: 'py' type: 'Python' top: 'a' python_param { module: 'm' layer: 'L' } }",
            NetParameter.class);
        try (Context context = TestDevice.context(1)) {
            String message = assertThrows(UnsupportedLayerException.class, () -> new Net(param, Phase.TEST, context)).getMessage();
            assertTrue(message.contains("layer 'py'") && message.contains("python-compat"), message);
        }
    }

    @Test
    void theExampleFitsItsLine(@TempDir Path folder) throws Exception {
        String text = JavaProgram.run(folder, Path.of("../../examples/custom_layer/FitLine.java").toAbsolutePath());
        Matcher line = Pattern.compile("^y = ([0-9.-]+) x \\+ ([0-9.-]+)$", Pattern.MULTILINE).matcher(text);
        assertTrue(line.find(), text);
        assertEquals(2, Double.parseDouble(line.group(1)), 0.1, text);
        assertEquals(1, Double.parseDouble(line.group(2)), 0.1, text);
    }
}
