package org.caffe4j;

/** What a net is for: training or testing (which includes use in production). Layers such as Dropout behave differently in each. */
public enum Phase {
    /** Training. */
    TRAIN(org.caffe4j.proto.Phase.TRAIN),
    /** Testing, and use in production. */
    TEST(org.caffe4j.proto.Phase.TEST);

    private final org.caffe4j.proto.Phase proto;

    Phase(org.caffe4j.proto.Phase proto) {
        this.proto = proto;
    }

    /** This phase as the wire schema has it; its number is what Caffe prints. */
    public org.caffe4j.proto.Phase proto() {
        return proto;
    }

    /** The phase that the wire schema names. */
    public static Phase of(org.caffe4j.proto.Phase proto) {
        return proto == org.caffe4j.proto.Phase.TRAIN ? TRAIN : TEST;
    }
}
