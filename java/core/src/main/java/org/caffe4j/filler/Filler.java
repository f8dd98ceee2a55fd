package org.caffe4j.filler;

import java.nio.FloatBuffer;
import org.caffe4j.Blob;
import org.caffe4j.Device;
import org.caffe4j.MersenneTwister;
import org.caffe4j.NetDefinitionException;
import org.caffe4j.proto.FillerParameter;

/**
 * Gives a blob its initial values, as Caffe's filler of the same type does. Immutable; all randomness comes from the generator passed in.
 *
 * <p>The generator is used in Caffe's order: one draw a value for uniform values, values in row-major order.
 */
public interface Filler {

    /**
     * Fills a blob of the given shape.
     *
     * @param out receives one value an element, row-major, from its position on
     * @throws NetDefinitionException if the shape or a field does not suit this filler
     */
    void fill(FloatBuffer out, long[] shape, MersenneTwister rng);

    /** Fills the blob's data. */
    default void fill(Blob blob, MersenneTwister rng) {
        blob.data().overwrite(values -> fill(values, blob.shape(), rng));
    }

    /**
     * Fills the blob's data where its context computes. On a GPU, random values are drawn there from one seed that {@code rng} gives: of the
     * same distribution, but not those of the CPU, which are Caffe's for a seed. For what is filled again and again, and not for weights.
     */
    default void fillOnDevice(Blob blob, MersenneTwister rng) {
        if (blob.data().context().device().kind() == Device.Kind.CPU) {
            fill(blob, rng);
        } else {
            drawOnGpu(blob, rng);
        }
    }

    /** {@link #fillOnDevice} of a blob on a GPU; where nothing is drawn at random, as on the CPU. */
    default void drawOnGpu(Blob blob, MersenneTwister rng) {
        fill(blob, rng);
    }

    /** True if the filler always gives the same values, so that filling twice is needless. */
    default boolean isConstant() {
        return false;
    }

    /** The filler that a {@code filler} field describes; the type defaults to constant 0. */
    static Filler of(FillerParameter param) {
        Filler filler = switch (param.getType()) {
            case "constant" -> new ConstantFiller(param.getValue());
            case "uniform" -> new UniformFiller(param.getMin(), param.getMax());
            case "gaussian" -> new GaussianFiller(param.getMean(), param.getStd(), param.getSparse());
            case "positive_unitball" -> new PositiveUnitballFiller();
            case "xavier" -> new XavierFiller(param.getVarianceNorm());
            case "msra" -> new MsraFiller(param.getVarianceNorm());
            case "bilinear" -> new BilinearFiller();
            default -> throw new NetDefinitionException("Unknown filler name: " + param.getType()
                + " (known: constant, uniform, gaussian, positive_unitball, xavier, msra, bilinear)");
        };
        if (param.getSparse() != -1 && !(filler instanceof GaussianFiller)) {
            throw new NetDefinitionException("Sparsity not supported by this Filler: " + param.getType() + " with sparse: "
                + param.getSparse() + "; only gaussian takes it");
        }
        return filler;
    }
}
