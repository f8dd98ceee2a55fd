package org.caffe4j.layer;

import org.caffe4j.Context;
import org.caffe4j.proto.LayerParameter;

/**
 * Makes layers of one type. Users add types of their own by implementing this and naming the class in
 * {@code META-INF/services/org.caffe4j.layer.LayerFactory}; such a type may not replace a built-in one.
 * A class that is to be used without registration is named in the prototxt: {@code type: "Java" java_param { class: "..." }}.
 */
public interface LayerFactory {
    /** The type's name in a prototxt. */
    String type();

    /** Makes a layer; reading and checking of the description is left to {@link Layer#setUp}. */
    Layer create(LayerParameter param, Context context);
}
