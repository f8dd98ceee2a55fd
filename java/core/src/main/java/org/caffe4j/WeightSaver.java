package org.caffe4j;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.caffe4j.io.AtomicFile;
import org.caffe4j.io.BlobValues;
import org.caffe4j.io.CaffemodelWriter;
import org.caffe4j.proto.NetParameter;

/** Writes the weights of a net's layers to files, which appear when they are committed. */
final class WeightSaver {
    private WeightSaver() {
    }

    static AtomicFile stage(Path file, NetParameter definition, List<NetLayer> layers, boolean withDiffs) {
        return CaffemodelWriter.stage(file, definition, layers.stream().map(layer -> values(layer, withDiffs)).toList());
    }

    static AtomicFile stageHdf5(Path file, List<NetLayer> layers, List<NetParams.Entry> params, boolean withDiffs) {
        List<CaffemodelWriter.Hdf5Layer> written = new ArrayList<>();
        for (NetLayer layer : layers) {
            List<Boolean> owned = layer.paramIds.stream().map(id -> params.get(id).owner() == id).toList();
            written.add(new CaffemodelWriter.Hdf5Layer(layer.name(), values(layer, withDiffs), owned));
        }
        return CaffemodelWriter.stageHdf5(file, written);
    }

    private static List<BlobValues> values(NetLayer layer, boolean withDiffs) {
        return layer.layer.blobs().stream().map(blob -> BlobValues.of(blob, withDiffs)).toList();
    }
}
