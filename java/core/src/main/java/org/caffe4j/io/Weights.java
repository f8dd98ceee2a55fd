package org.caffe4j.io;

import com.google.protobuf.WireFormat;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.caffe4j.ModelFormatException;
import org.caffe4j.graph.V1LayerTypes;
import org.caffe4j.proto.BlobProto;
import org.caffe4j.proto.LayerParameter;
import org.caffe4j.proto.NetParameter;
import org.caffe4j.proto.V1LayerParameter;

/**
 * The learned arrays of a net by layer, from a {@code .caffemodel} of any age and any fork of Caffe, from a {@code .caffemodel.h5}, or
 * from a message in memory.
 *
 * <p>A binary file is read by a weights-only schema: layer names, types and blobs of the {@code layer} and the older {@code layers}
 * messages, everything else skipped unread, because the numbers of other fields clash between forks. Values stay in the file until they
 * are copied ({@link WeightBlob#copyTo}), so a model of half a gigabyte needs next to no heap. The object keeps the file open and owns
 * it; blobs are valid until it is closed. Immutable; any thread may read.
 */
public final class Weights implements AutoCloseable {
    /**
     * One layer of the file.
     *
     * @param name the layer's name, by which Caffe matches it
     * @param type the current type string; empty where the file does not say (HDF5)
     * @param blobs in the layer's order; possibly empty
     */
    public record Layer(String name, String type, List<WeightBlob> blobs) {
    }

    private static final int NET_NAME = 1;
    private static final int NET_V1_LAYER = 2;
    private static final int NET_LAYER = 100;

    private final String source;
    private final String netName;
    private final boolean ownedOnly;
    private final List<Layer> layers;
    private final AutoCloseable file;

    Weights(String source, String netName, boolean ownedOnly, List<Layer> layers, AutoCloseable file) {
        this.source = source;
        this.netName = netName;
        this.ownedOnly = ownedOnly;
        this.layers = List.copyOf(layers);
        this.file = file;
    }

    /**
     * Opens a file of weights; whether it is HDF5 is told by its signature, not by its name.
     *
     * @throws ModelFormatException if the file is missing, damaged, truncated or of another kind; the message says where and what it
     *     looks like
     */
    public static Weights read(Path file) {
        return BlobFile.read(file, Hdf5Weights::read, Weights::readBinary);
    }

    /** The blobs embedded in a net in memory, current or V1; {@code source} names it in errors. Nothing needs closing. */
    public static Weights of(NetParameter net, String source) {
        List<Layer> layers = new ArrayList<>();
        for (V1LayerParameter layer : net.getLayersList()) {
            String type = V1LayerTypes.name(layer.getType());
            layers.add(new Layer(layer.getName(), type, views(layer.getBlobsList(), layer.getName(), source)));
        }
        for (LayerParameter layer : net.getLayerList()) {
            layers.add(new Layer(layer.getName(), layer.getType(), views(layer.getBlobsList(), layer.getName(), source)));
        }
        return new Weights(source, net.getName(), false, layers, () -> { });
    }

    private static List<WeightBlob> views(List<BlobProto> blobs, String layer, String source) {
        List<WeightBlob> views = new ArrayList<>();
        for (int i = 0; i < blobs.size(); i++) {
            views.add(BlobProtos.view(blobs.get(i), source + ", layer '" + layer + "', blob " + i));
        }
        return List.copyOf(views);
    }

    private static Weights readBinary(BlobFile file) {
        String[] name = {""};
        List<Layer> layers = new ArrayList<>();
        file.readAll((field, wireType) -> {
            boolean delimited = wireType == WireFormat.WIRETYPE_LENGTH_DELIMITED;
            if (field == NET_NAME && !delimited) {
                throw file.wrong("is no file of weights: wrong");
            }
            if (!delimited) {
                return false;
            }
            switch (field) {
                case NET_NAME -> name[0] = file.string();
                case NET_LAYER -> layers.add(new LayerFields(1, 2, 7).read(file));
                case NET_V1_LAYER -> layers.add(new LayerFields(4, 5, 6).read(file));
                default -> {
                    return false;
                }
            }
            return true;
        });
        if (layers.isEmpty()) {
            throw file.wrong("is no file of weights: it has no layers,");
        }
        return new Weights(file.path().toString(), name[0], false, layers, file);
    }

    /** The three fields of interest in a layer message; a V1 message may hold a V0 message, whose fields count as its own. */
    private static final class LayerFields {
        private final int nameField;
        private final int typeField;
        private final int blobsField;
        private String name = "";
        private String type = "";
        private List<WeightBlob> blobs = new ArrayList<>();

        LayerFields(int nameField, int typeField, int blobsField) {
            this.nameField = nameField;
            this.typeField = typeField;
            this.blobsField = blobsField;
        }

        Layer read(BlobFile file) throws IOException {
            file.nested((field, wireType) -> {
                if (wireType != WireFormat.WIRETYPE_LENGTH_DELIMITED) {
                    if (field == typeField && wireType == WireFormat.WIRETYPE_VARINT) {
                        type = v1Type(file.varint());
                        return true;
                    }
                    return false;
                }
                if (field == nameField) {
                    name = file.string();
                } else if (field == typeField) {
                    type = file.string();
                } else if (field == blobsField) {
                    blobs.add(file.blob("layer '" + name + "', blob " + blobs.size()));
                } else if (field == 1 && nameField == 4) {
                    readV0(file);
                } else {
                    return false;
                }
                return true;
            });
            return new Layer(name, type, List.copyOf(blobs));
        }

        private void readV0(BlobFile file) throws IOException {
            Layer inner = new LayerFields(1, 2, 50).read(file);
            name = name.isEmpty() ? inner.name() : name;
            V1LayerParameter.LayerType v1 = V1LayerTypes.ofV0(inner.type());
            type = v1 == null ? inner.type() : V1LayerTypes.name(v1);
            blobs = blobs.isEmpty() ? new ArrayList<>(inner.blobs()) : blobs;
        }

        private static String v1Type(int number) {
            V1LayerParameter.LayerType known = V1LayerParameter.LayerType.forNumber(number);
            return known == null ? "V1 type " + number : V1LayerTypes.name(known);
        }
    }

    /** The file's path, or the name given for a message. */
    public String source() {
        return source;
    }

    /** The net's name; empty where the file does not say (HDF5). */
    public String netName() {
        return netName;
    }

    /**
     * Whether the file leaves out what a layer shares with an earlier one (HDF5), so that a layer may have fewer blobs than the net's.
     */
    public boolean ownedOnly() {
        return ownedOnly;
    }

    /** All layers in the file's order, those without blobs too. */
    public List<Layer> layers() {
        return layers;
    }

    /** The layer of a name; of several the last, whose values Caffe ends up with. */
    public Optional<Layer> layer(String name) {
        return layers.stream().filter(layer -> layer.name().equals(name)).reduce((first, second) -> second);
    }

    /** Closes the file; idempotent. Blobs cannot be copied afterwards. */
    @Override
    public void close() {
        try {
            file.close();
        } catch (RuntimeException e) {
            throw e;
        } catch (Exception e) {
            throw new ModelFormatException("Could not close " + source + ": " + e, e);
        }
    }
}
