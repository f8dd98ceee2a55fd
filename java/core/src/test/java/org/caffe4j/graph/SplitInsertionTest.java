package org.caffe4j.graph;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.google.protobuf.TextFormat;
import org.caffe4j.NetDefinitionException;
import org.caffe4j.proto.NetParameter;
import org.junit.jupiter.api.Test;

class SplitInsertionTest {
    private static void check(String before, String after) throws TextFormat.ParseException {
        assertEquals(TextFormat.parse(after, NetParameter.class), SplitInsertion.insert(TextFormat.parse(before, NetParameter.class)));
        assertEquals(TextFormat.parse(after, NetParameter.class), SplitInsertion.insert(TextFormat.parse(after, NetParameter.class)),
                "a second insertion changes nothing");
    }

    @Test
    void leavesChainsAlone() throws TextFormat.ParseException {
        String net = """
            layer { name: 'd' top: 'd' } layer { name: 'ip' bottom: 'd' top: 'ip' } layer { name: 'relu' bottom: 'ip' top: 'ip' }
            layer { name: 'loss' bottom: 'ip' top: 'loss' }""";
        check(net, net);
    }

    @Test
    void splitsForEveryConsumer() throws TextFormat.ParseException {
        check("""
            layer { name: 'data' top: 'data' top: 'label' }
            layer { name: 'a' bottom: 'data' top: 'a' }
            layer { name: 'b' bottom: 'data' top: 'b' }
            layer { name: 'l1' bottom: 'a' bottom: 'label' top: 'l1' }
            layer { name: 'l2' bottom: 'b' bottom: 'label' top: 'l2' }""", """
            layer { name: 'data' top: 'data' top: 'label' }
            layer { name: 'data_data_0_split' type: 'Split' bottom: 'data' top: 'data_data_0_split_0' top: 'data_data_0_split_1' }
            layer { name: 'label_data_1_split' type: 'Split' bottom: 'label' top: 'label_data_1_split_0' top: 'label_data_1_split_1' }
            layer { name: 'a' bottom: 'data_data_0_split_0' top: 'a' }
            layer { name: 'b' bottom: 'data_data_0_split_1' top: 'b' }
            layer { name: 'l1' bottom: 'a' bottom: 'label_data_1_split_0' top: 'l1' }
            layer { name: 'l2' bottom: 'b' bottom: 'label_data_1_split_1' top: 'l2' }""");
    }

    @Test
    void splitsBehindLastInPlaceLayer() throws TextFormat.ParseException {
        check("""
            layer { name: 'd' top: 'd' }
            layer { name: 'relu' bottom: 'd' top: 'd' }
            layer { name: 'x' bottom: 'd' bottom: 'd' top: 'x' }""", """
            layer { name: 'd' top: 'd' }
            layer { name: 'relu' bottom: 'd' top: 'd' }
            layer { name: 'd_relu_0_split' type: 'Split' bottom: 'd' top: 'd_relu_0_split_0' top: 'd_relu_0_split_1' }
            layer { name: 'x' bottom: 'd_relu_0_split_0' bottom: 'd_relu_0_split_1' top: 'x' }""");
    }

    @Test
    void splitsBeforeAndBehindInPlaceLayer() throws TextFormat.ParseException {
        check("""
            layer { name: 'd' top: 'd' }
            layer { name: 'x' bottom: 'd' top: 'x' }
            layer { name: 'relu' bottom: 'd' top: 'd' }
            layer { name: 'y' bottom: 'd' top: 'y' }
            layer { name: 'z' bottom: 'd' top: 'z' }""", """
            layer { name: 'd' top: 'd' }
            layer { name: 'd_d_0_split' type: 'Split' bottom: 'd' top: 'd_d_0_split_0' top: 'd_d_0_split_1' }
            layer { name: 'x' bottom: 'd_d_0_split_0' top: 'x' }
            layer { name: 'relu' bottom: 'd_d_0_split_1' top: 'd' }
            layer { name: 'd_relu_0_split' type: 'Split' bottom: 'd' top: 'd_relu_0_split_0' top: 'd_relu_0_split_1' }
            layer { name: 'y' bottom: 'd_relu_0_split_0' top: 'y' }
            layer { name: 'z' bottom: 'd_relu_0_split_1' top: 'z' }""");
    }

    @Test
    void movesLossWeightToFirstSplitTop() throws TextFormat.ParseException {
        check("""
            layer { name: 'd' top: 'd' }
            layer { name: 'ip' bottom: 'd' top: 'ip' loss_weight: 2.5 }
            layer { name: 'relu' bottom: 'ip' top: 'r' }""", """
            layer { name: 'd' top: 'd' }
            layer { name: 'ip' bottom: 'd' top: 'ip' }
            layer { name: 'ip_ip_0_split' type: 'Split' bottom: 'ip' top: 'ip_ip_0_split_0' top: 'ip_ip_0_split_1'
                    loss_weight: 2.5 loss_weight: 0 }
            layer { name: 'relu' bottom: 'ip_ip_0_split_1' top: 'r' }""");
    }

    @Test
    void keepsLossWeightWithoutOtherConsumer() throws TextFormat.ParseException {
        String net = "layer { name: 'd' top: 'd' } layer { name: 'ip' bottom: 'd' top: 'ip' loss_weight: 2.5 }";
        check(net, net);
    }

    @Test
    void namesUnknownBottom() {
        NetDefinitionException e = assertThrows(NetDefinitionException.class, () -> SplitInsertion.insert(
                TextFormat.parse("layer { name: 'd' top: 'd' } layer { name: 'ip' bottom: 'd' bottom: 'dat' }", NetParameter.class)));
        assertTrue(e.getMessage().startsWith("Unknown bottom blob 'dat' (layer 'ip', bottom index 1)"), e.getMessage());
    }
}
