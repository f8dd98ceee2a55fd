package org.caffe4j.layer.data;

import java.util.ArrayList;
import java.util.List;
import org.caffe4j.Blob;
import org.caffe4j.Context;
import org.caffe4j.filler.Filler;
import org.caffe4j.proto.DummyDataParameter;
import org.caffe4j.proto.FillerParameter;
import org.caffe4j.proto.LayerParameter;

/**
 * Caffe's DummyData: tops with values from fillers (0 bottoms, any number of tops).
 *
 * <p>{@code dummy_data_param.shape}, or the older num/channels/height/width, and {@code data_filler} are given once or for every top; the
 * filler defaults to constant 0. Constant tops are filled once at set-up, the others at every forward, on a GPU by the GPU.
 */
public final class DummyDataLayer extends SourceLayer {
    private final List<Filler> fillers = new ArrayList<>();

    public DummyDataLayer(LayerParameter param, Context context) {
        super(param, context);
    }

    @Override
    public int minTops() {
        return 1;
    }

    @Override
    public void setUp(List<Blob> bottom, List<Blob> top) {
        DummyDataParameter dummy = param().getDummyDataParam();
        int tops = top.size();
        boolean legacy = dummy.getNumCount() + dummy.getChannelsCount() + dummy.getHeightCount() + dummy.getWidthCount() > 0;
        if (legacy) {
            if (dummy.getShapeCount() > 0) {
                throw definitionError("Both shape and legacy fields were specified: dummy_data_param takes either shape or "
                    + "num, channels, height and width");
            }
            checkCount("num", dummy.getNumCount(), tops);
            checkCount("channels", dummy.getChannelsCount(), tops);
            checkCount("height", dummy.getHeightCount(), tops);
            checkCount("width", dummy.getWidthCount(), tops);
        } else {
            checkCount("shape", dummy.getShapeCount(), tops);
        }
        int given = dummy.getDataFillerCount();
        if (given > 1 && given != tops) {
            throw definitionError("Number of data fillers must be 0, 1 or equal to the number of tops: " + tops
                + "; you specified " + given + " data fillers.");
        }
        fillers.clear();
        for (int i = 0; i < tops; i++) {
            top.get(i).reshape(legacy ? legacyShape(dummy, i) : dims(dummy.getShape(dummy.getShapeCount() == 1 ? 0 : i)));
            fillers.add(Filler.of(given == 0 ? FillerParameter.getDefaultInstance() : dummy.getDataFiller(given == 1 ? 0 : i)));
        }
        fill(top, true);
    }

    @Override
    public void forward(List<Blob> bottom, List<Blob> top) {
        fill(top, false);
    }

    private void fill(List<Blob> top, boolean constant) {
        for (int i = 0; i < top.size(); i++) {
            if (fillers.get(i).isConstant() == constant) {
                fillers.get(i).fillOnDevice(top.get(i), context().rng());
            }
        }
    }

    private void checkCount(String field, int given, int tops) {
        if (given != 1 && given != tops) {
            throw definitionError("Must specify '" + field + "' once, or once per top blob (" + tops + "); specified " + given
                + ".");
        }
    }

    private static long[] legacyShape(DummyDataParameter dummy, int top) {
        return new long[] {
            dummy.getNum(dummy.getNumCount() == 1 ? 0 : top),
            dummy.getChannels(dummy.getChannelsCount() == 1 ? 0 : top),
            dummy.getHeight(dummy.getHeightCount() == 1 ? 0 : top),
            dummy.getWidth(dummy.getWidthCount() == 1 ? 0 : top)};
    }
}
