package org.caffe4j;

import java.util.ArrayList;
import java.util.List;
import org.caffe4j.io.PrototxtReader;
import org.junit.jupiter.api.AfterEach;

/** For tests of nets: a context, nets of {@link TestLayers} that are closed after each test, and their definitions. */
abstract class NetFixture {
    static final String SOURCE = "layer { name: 'data' type: 'TestSource' top: 'data' input_param { shape { dim: 2 dim: 2 } } } ";

    final Context context = TestDevice.context(1);
    final List<Net> opened = new ArrayList<>();

    @AfterEach
    void close() {
        opened.forEach(Net::close);
        context.close();
    }

    Net net(String layers) {
        Net net = new Net(PrototxtReader.parseNet("name: 'test' " + layers, "test"), context);
        opened.add(net);
        return net;
    }

    static String gain(String name, String bottom, String top, String more) {
        return "layer { name: '" + name + "' type: 'TestGain' bottom: '" + bottom + "' top: '" + top + "' " + more + " } ";
    }

    static String loss(String bottom, String more) {
        return "layer { name: 'loss' type: 'TestSumLoss' bottom: '" + bottom + "' top: 'loss' " + more + " } ";
    }
}
