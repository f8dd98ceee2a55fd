package org.caffe4j.layer.data;

import com.google.protobuf.ByteString;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Locale;
import java.util.function.Supplier;
import org.caffe4j.Context;
import org.caffe4j.MersenneTwister;
import org.caffe4j.Phase;
import org.caffe4j.Rank;
import org.caffe4j.data.DataTransformer;
import org.caffe4j.data.Database;
import org.caffe4j.data.DatumReader;
import org.caffe4j.data.Pixels;
import org.caffe4j.data.RawDatum;
import org.caffe4j.io.ImageDecoder;
import org.caffe4j.proto.DataParameter;
import org.caffe4j.proto.LayerParameter;
import org.caffe4j.proto.LayerState;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Caffe's Data: batches of datums from a database (0 bottoms; tops data N×C×H×W and, if there is a second, label N).
 *
 * <p>Records come in the order of their keys and start over after the last; of several nets that train together, each takes the records
 * of its {@link Rank}. {@code data_param.prefetch} batches are read and transformed ahead. The items of a batch have the shape of its first
 * one after {@code transform_param}; it may change from batch to batch.
 */
public final class DataLayer extends BasePrefetchingDataLayer {
    private static final Logger LOG = LoggerFactory.getLogger(DataLayer.class);

    private Database database;
    private DatumReader reader;
    private DataTransformer transformer;
    /** Memory for the record that each thread works on. */
    private final ByteBuffer[] rooms;

    public DataLayer(LayerParameter param, Context context) {
        super(param, context);
        rooms = new ByteBuffer[context.threads()];
        Arrays.fill(rooms, ByteBuffer.allocateDirect(0));
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
        reader = new DatumReader(database, data.getSource(), phase() == Phase.TEST ? Rank.ALONE : context().rank());
        transformer = new DataTransformer(param().getTransformParam(), phase(), context());
    }

    @Override
    Item first() {
        Item first = new RecordItem(reader.next(rooms[0]), null);
        reader.restart();
        return first;
    }

    @Override
    Item next(int index, int thread) {
        DatumReader.Item record = reader.next(rooms[thread]);
        rooms[thread] = record.value();
        return new RecordItem(record, transformer.draw());
    }

    private final class RecordItem extends TransformedItem {
        private final DatumReader.Item record;
        private int label;

        RecordItem(DatumReader.Item record, DataTransformer.Draw draw) {
            super(transformer, draw);
            this.record = record;
        }

        @Override
        public String name() {
            return record.where();
        }

        @Override
        public void load(ImageDecoder decoder) {
            RawDatum datum = record.raw();
            label = datum.label();
            pixels = transformer.pixels(datum, decoder);
        }

        @Override
        public float label() {
            return label;
        }
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
