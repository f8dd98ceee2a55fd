package org.caffe4j.io;

import com.google.protobuf.Descriptors.FieldDescriptor;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.caffe4j.CaffeException;
import org.caffe4j.proto.LayerParameter;
import org.caffe4j.proto.NetParameter;

/**
 * Writes a net's weights as Caffe does, readable by Caffe: {@code .caffemodel}, a NetParameter with every layer's full description and
 * blobs, or {@code .caffemodel.h5}. The file is written whole or not at all, the values straight from their buffers.
 */
public final class CaffemodelWriter {
    private static final int LAYER = 100;
    private static final int BLOBS = 7;

    private CaffemodelWriter() {
    }

    /**
     * Writes a binary {@code .caffemodel}.
     *
     * @param net the net without blobs (any in it are ignored): what is set is written, Caffe itself sets name and layers
     * @param blobs the blobs of each layer of {@code net}, shared ones with every layer that uses them
     * @throws CaffeException if the file cannot be written or would exceed protobuf's 2 GB
     */
    public static void write(Path file, NetParameter net, List<List<BlobValues>> blobs) {
        stage(file, net, blobs).commit();
    }

    /** As {@link #write}; the file appears when the caller commits it. */
    public static AtomicFile stage(Path file, NetParameter net, List<List<BlobValues>> blobs) {
        if (blobs.size() != net.getLayerCount()) {
            throw new IllegalArgumentException("blobs of " + blobs.size() + " layers for " + net.getLayerCount() + " layers");
        }
        NetParameter head = net.toBuilder().clearLayer().build();
        List<LayerParts> parts = new ArrayList<>();
        long size = head.getSerializedSize();
        for (int i = 0; i < blobs.size(); i++) {
            LayerParts part = LayerParts.of(net.getLayer(i), blobs.get(i));
            parts.add(part);
            size += BlobWriter.nestedSize(LAYER, part.size());
        }
        BlobWriter.checkSize(file, size);
        return AtomicFile.stage(file, temporary -> {
            try (BlobWriter writer = new BlobWriter(temporary)) {
                head.writeTo(writer.out());
                for (LayerParts part : parts) {
                    part.write(writer);
                }
            }
        });
    }

    /** A layer's message around its blobs, which stand between the fields of lower and of higher numbers. */
    private record LayerParts(LayerParameter before, List<BlobValues> blobs, LayerParameter after) {
        static LayerParts of(LayerParameter layer, List<BlobValues> blobs) {
            LayerParameter.Builder before = LayerParameter.newBuilder();
            LayerParameter.Builder after = layer.toBuilder().clearBlobs();
            for (Map.Entry<FieldDescriptor, Object> entry : layer.getAllFields().entrySet()) {
                if (entry.getKey().getNumber() < BLOBS) {
                    before.setField(entry.getKey(), entry.getValue());
                    after.clearField(entry.getKey());
                }
            }
            return new LayerParts(before.build(), blobs, after.build());
        }

        long size() {
            long size = before.getSerializedSize() + after.getSerializedSize();
            for (BlobValues blob : blobs) {
                size += BlobWriter.nestedSize(BLOBS, BlobWriter.size(blob));
            }
            return size;
        }

        void write(BlobWriter writer) throws IOException {
            writer.nestedHeader(LAYER, size());
            before.writeTo(writer.out());
            for (BlobValues blob : blobs) {
                writer.blob(BLOBS, blob);
            }
            after.writeTo(writer.out());
        }
    }

    /**
     * The blobs that one layer brings to an HDF5 file.
     *
     * @param name the layer's name; "/" in it makes nested groups, which Caffe does not find but does not mind either
     * @param params the layer's blobs by number
     * @param owned whether the layer owns each blob; one shared with an earlier layer is not stored
     */
    public record Hdf5Layer(String name, List<BlobValues> params, List<Boolean> owned) {
    }

    /**
     * Writes a {@code .caffemodel.h5}: group {@code /data/<layer>} with a dataset for each owned param, for layers without params too,
     * and, where the blobs have gradients, group {@code /diff} with those of all params in the same way.
     *
     * @throws CaffeException if the file cannot be written or a name has no place in HDF5
     */
    public static void writeHdf5(Path file, List<Hdf5Layer> layers) {
        stageHdf5(file, layers).commit();
    }

    /** As {@link #writeHdf5}; the file appears when the caller commits it. */
    public static AtomicFile stageHdf5(Path file, List<Hdf5Layer> layers) {
        Hdf5Writer writer = new Hdf5Writer();
        writer.group("data");
        boolean diffs = layers.stream().flatMap(layer -> layer.params().stream()).anyMatch(param -> param.diff() != null);
        for (Hdf5Layer layer : layers) {
            writer.group("data/" + layer.name());
            if (diffs) {
                writer.group("diff/" + layer.name());
            }
            for (int i = 0; i < layer.params().size(); i++) {
                BlobValues param = layer.params().get(i);
                if (layer.owned().get(i)) {
                    writer.floats("data/" + layer.name() + "/" + i, param.shape(), param.data());
                }
                if (param.diff() != null) {
                    writer.floats("diff/" + layer.name() + "/" + i, param.shape(), param.diff());
                }
            }
        }
        return writer.stage(file);
    }
}
