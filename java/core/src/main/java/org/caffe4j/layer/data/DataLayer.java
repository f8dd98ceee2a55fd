package org.caffe4j.layer.data;

import com.google.protobuf.ByteString;
import java.nio.FloatBuffer;
import java.nio.file.Path;
import java.util.Locale;
import java.util.function.Supplier;
import org.caffe4j.Context;
import org.caffe4j.MersenneTwister;
import org.caffe4j.data.DataTransformer;
import org.caffe4j.data.Database;
import org.caffe4j.data.DatumReader;
import org.caffe4j.proto.DataParameter;
import org.caffe4j.proto.Datum;
import org.caffe4j.proto.LayerParameter;
import org.caffe4j.proto.LayerState;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Caffe's Data: batches of datums from a database (0 bottoms; tops data N×C×H×W and, if there is a second, label N).
 *
 * <p>Records come in the order of their keys and start over after the last. A thread reads and transforms {@code data_param.prefetch}
 * batches ahead. The items of a batch have the shape of its first one after {@code transform_param}; it may change from batch to batch.
 */
public final class DataLayer extends BasePrefetchingDataLayer {
    private static final Logger LOG = LoggerFactory.getLogger(DataLayer.class);

    private Database database;
    private DatumReader reader;
    private DataTransformer transformer;
    private long record;

    public DataLayer(LayerParameter param, Context context) {
        super(param, context);
    }

    @Override
    public int minTops() {
        return 1;
    }

    @Override
    public int maxTops() {
        return 2;
    }

    @Override
    int batchSize() {
        return param().getDataParam().getBatchSize();
    }

    @Override
    void open() {
        DataParameter data = param().getDataParam();
        database = Database.open(data.getBackend(), Path.of(data.getSource()));
        LOG.info("Opened {} {}", data.getBackend().name().toLowerCase(Locale.ROOT), data.getSource());
        reader = new DatumReader(database, data.getSource());
        transformer = new DataTransformer(param().getTransformParam(), phase(), context());
    }

    @Override
    Item first() {
        Item first = next(0);
        reader.restart();
        record = 0;
        return first;
    }

    @Override
    Item next(int index) {
        while (!context().rank().takes(record++, phase())) {
            reader.skip();
        }
        Datum datum = reader.next();
        return new Item() {
            @Override
            public String name() {
                return reader.where();
            }

            @Override
            public float label() {
                return datum.getLabel();
            }

            @Override
            public long[] shape() {
                return transformer.shape(datum);
            }

            @Override
            public void write(long[] shape, FloatBuffer out, int offset) {
                transformer.transform(datum, shape, out, offset);
            }
        };
    }

    @Override
    Supplier<LayerState> position() {
        byte[] key = reader.position();
        long[] random = transformer.saveRandom();
        return () -> {
            LayerState.Builder state = LayerState.newBuilder().addRandom(MersenneTwister.toState(random));
            return (key == null ? state : state.setKey(ByteString.copyFrom(key))).build();
        };
    }

    @Override
    void seek(LayerState state) {
        reader.seek(state.hasKey() ? state.getKey().toByteArray() : null);
        transformer.restoreRandom(state.getRandom(0));
    }

    @Override
    void closeSource() {
        if (reader != null) {
            reader.close();
        }
        if (database != null) {
            database.close();
        }
    }
}
