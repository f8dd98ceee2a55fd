package org.caffe4j.solver;

import java.util.ArrayList;
import java.util.List;
import org.caffe4j.Blob;
import org.caffe4j.LogNumbers;
import org.caffe4j.Net;

/**
 * One element of an output blob of a net, as the log lines of training and testing show it.
 *
 * @param name name of the blob; it comes once for each element
 * @param value the element, or its mean over the test batches
 * @param lossWeight weight of the blob in the loss, 0 for metrics
 */
public record OutputValue(String name, float value, float lossWeight) {
    /** All elements of all outputs of a net, in the order of its outputs. */
    public static List<OutputValue> of(Net net) {
        List<OutputValue> values = new ArrayList<>();
        List<Blob> outputs = net.outputs();
        for (int i = 0; i < outputs.size(); i++) {
            String name = net.outputNames().get(i);
            for (float value : outputs.get(i).data().toArray()) {
                values.add(new OutputValue(name, value, net.lossWeight(name)));
            }
        }
        return values;
    }

    /** {@code name = value}, for a loss with its weighted value behind: {@code loss = 0.5 (* 2 = 1 loss)}. */
    public String text() {
        String text = name + " = " + LogNumbers.format(value);
        return lossWeight == 0 ? text
                : text + " (* " + LogNumbers.format(lossWeight) + " = " + LogNumbers.format(lossWeight * value) + " loss)";
    }
}
