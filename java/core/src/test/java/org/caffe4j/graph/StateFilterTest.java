package org.caffe4j.graph;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.google.protobuf.TextFormat;
import java.util.List;
import org.caffe4j.NetDefinitionException;
import org.caffe4j.proto.LayerParameter;
import org.caffe4j.proto.NetParameter;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class StateFilterTest {
    private static List<String> namesAfter(String text) throws TextFormat.ParseException {
        return StateFilter.filter(TextFormat.parse(text, NetParameter.class)).getLayerList().stream().map(LayerParameter::getName).toList();
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', value = {
        "                                      |                                                 | true",
        "                                      | include { }                                     | true",
        "                                      | exclude { }                                     | false",
        "phase: TRAIN                          | include { phase: TRAIN }                        | true",
        "                                      | include { phase: TRAIN }                        | false",
        "                                      | include { phase: TEST }                         | true",
        "                                      | include { phase: TRAIN } include { phase: TEST } | true",
        "                                      | exclude { phase: TRAIN }                        | true",
        "                                      | exclude { phase: TRAIN } exclude { phase: TEST } | false",
        "level: 2                              | include { min_level: 2 max_level: 2 }           | true",
        "level: 1                              | include { min_level: 2 }                        | false",
        "level: 3                              | include { max_level: 2 }                        | false",
        "level: -1                             | include { min_level: -1 }                       | true",
        "stage: 'a'                            | include { stage: 'a' stage: 'b' }               | false",
        "stage: 'b' stage: 'a'                 | include { stage: 'a' stage: 'b' }               | true",
        "stage: 'a'                            | include { not_stage: 'a' }                      | false",
        "stage: 'a'                            | include { not_stage: 'b' not_stage: 'c' }       | true",
        "stage: 'a' phase: TRAIN               | exclude { stage: 'a' phase: TEST }              | true"})
    void keepsLayersThatFit(String state, String rules, boolean kept) throws TextFormat.ParseException {
        String text = "state { " + (state == null ? "" : state) + " } layer { name: 'x' type: 'ReLU' "
                + (rules == null ? "" : rules) + " }";
        assertEquals(kept, namesAfter(text).contains("x"), text);
    }

    @Test
    void keepsOrderAndOtherFields() throws TextFormat.ParseException {
        String text = "name: 'n' force_backward: true layer { name: 'a' } layer { name: 'b' exclude { } } layer { name: 'c' }";
        assertEquals(List.of("a", "c"), namesAfter(text));
        NetParameter filtered = StateFilter.filter(TextFormat.parse(text, NetParameter.class));
        assertEquals("n", filtered.getName());
        assertTrue(filtered.getForceBackward());
    }

    @Test
    void refusesBothKindsOfRules() {
        NetDefinitionException e = assertThrows(NetDefinitionException.class,
                () -> namesAfter("layer { name: 'both' include { } exclude { } }"));
        assertTrue(e.getMessage().startsWith("Specify either include rules or exclude rules; not both."), e.getMessage());
        assertTrue(e.getMessage().contains("'both'"), e.getMessage());
    }
}
