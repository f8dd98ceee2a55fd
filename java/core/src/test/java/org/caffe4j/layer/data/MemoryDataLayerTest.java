package org.caffe4j.layer.data;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.google.protobuf.ByteString;
import java.util.List;
import org.caffe4j.DataException;
import org.caffe4j.NetDefinitionException;
import org.caffe4j.io.Image;
import org.caffe4j.layer.LayerRunner;
import org.caffe4j.proto.Datum;
import org.junit.jupiter.api.Test;

class MemoryDataLayerTest {

    private static LayerRunner runner(String more) {
        return LayerRunner.of("type: 'MemoryData' memory_data_param { batch_size: 2 channels: 1 height: 1 width: 2 }" + more, 2);
    }

    private static MemoryDataLayer layer(LayerRunner runner) {
        return (MemoryDataLayer) runner.layer;
    }

    @Test
    void resetCopiesAndForwardCycles() {
        try (LayerRunner runner = runner("")) {
            float[] data = {1, 2, 3, 4, 5, 6, 7, 8};
            layer(runner).reset(data, new float[] {0, 1, 2, 3});
            java.util.Arrays.fill(data, -1);
            assertArrayEquals(new float[] {1, 2, 3, 4}, runner.forward());
            assertArrayEquals(new long[] {2, 1, 1, 2}, runner.top.get(0).shape());
            assertArrayEquals(new long[] {2, 1, 1, 1}, runner.top.get(1).shape());
            assertArrayEquals(new float[] {5, 6, 7, 8}, runner.forward());
            assertArrayEquals(new float[] {2, 3}, runner.top.get(1).data().toArray());
            assertArrayEquals(new float[] {1, 2, 3, 4}, runner.forward());
        }
    }

    @Test
    void addedItemsAreTransformed() {
        Datum datum = Datum.newBuilder().setChannels(1).setHeight(1).setWidth(2).setData(ByteString.copyFrom(new byte[] {10, (byte) 200}))
            .setLabel(7).build();
        try (LayerRunner runner = runner(" transform_param { scale: 0.5 mean_value: 10 }")) {
            layer(runner).addDatums(List.of(datum, datum));
            assertThrows(IllegalStateException.class, () -> layer(runner).addDatums(List.of(datum, datum)));
            assertThrows(IllegalStateException.class, () -> layer(runner).setBatchSize(1));
            assertArrayEquals(new float[] {0, 95, 0, 95}, runner.forward());
            assertArrayEquals(new float[] {7, 7}, runner.top.get(1).data().toArray());
            layer(runner).setBatchSize(1);
            layer(runner).addImages(List.of(new Image(1, 2, 1, new byte[] {20, 30})), new int[] {5});
            assertArrayEquals(new float[] {5, 10}, runner.forward());
            assertArrayEquals(new long[] {1, 1, 1, 2}, runner.top.get(0).shape());
        }
    }

    @Test
    void misuseIsRefused() {
        assertThrows(NetDefinitionException.class, () -> LayerRunner.of("type: 'MemoryData' memory_data_param { batch_size: 2 }", 2));
        try (LayerRunner runner = runner("")) {
            assertThrows(DataException.class, runner::forward);
            assertThrows(IllegalArgumentException.class, () -> layer(runner).reset(new float[2], new float[1]));
            assertThrows(IllegalArgumentException.class, () -> layer(runner).reset(new float[5], new float[2]));
            assertThrows(IllegalArgumentException.class, () -> layer(runner).addDatums(List.of()));
            assertThrows(IllegalArgumentException.class, () -> layer(runner).addDatums(List.of(Datum.getDefaultInstance())));
            Datum wrong = Datum.newBuilder().setChannels(1).setHeight(2).setWidth(2).setData(ByteString.copyFrom(new byte[4])).build();
            String message = assertThrows(DataException.class, () -> layer(runner).addDatums(List.of(wrong, wrong))).getMessage();
            assertTrue(message.contains("item 0"), message);
        }
    }
}
