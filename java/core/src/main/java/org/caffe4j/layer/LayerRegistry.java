package org.caffe4j.layer;

import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.ServiceConfigurationError;
import java.util.ServiceLoader;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.function.BiFunction;
import org.caffe4j.Context;
import org.caffe4j.NearNames;
import org.caffe4j.NetDefinitionException;
import org.caffe4j.UnsupportedLayerException;
import org.caffe4j.proto.LayerParameter;

/** The layer types that a prototxt may name: the built-in ones ({@link BuiltInLayers}) and those found by the ServiceLoader. */
public final class LayerRegistry {
    private static volatile SortedMap<String, BiFunction<LayerParameter, Context, Layer>> types;

    private LayerRegistry() {}

    /** All type names, sorted. */
    public static List<String> types() {
        return new ArrayList<>(registered().keySet());
    }

    /**
     * Makes the layer that a description asks for.
     *
     * @throws UnsupportedLayerException if the type is not registered
     * @throws NetDefinitionException if it is "Java" and its class cannot be used
     */
    public static Layer create(LayerParameter param, Context context) {
        BiFunction<LayerParameter, Context, Layer> maker = registered().get(param.getType());
        if (maker == null && param.getType().equals("Python")) {
            throw new UnsupportedLayerException("layer '" + param.getName() + "' (Python): layers written in Python run only under the "
                    + "Python interface, import caffe of python-compat. In Java write it as a Layer and use type: \"Java\"");
        }
        if (maker == null) {
            throw new UnsupportedLayerException("layer '" + param.getName() + "': Unknown layer type: " + param.getType()
                    + NearNames.hint(param.getType(), types()) + " (known types: " + String.join(", ", types()) + ")");
        }
        return maker.apply(param, context);
    }

    private static Map<String, BiFunction<LayerParameter, Context, Layer>> registered() {
        if (types == null) {
            SortedMap<String, BiFunction<LayerParameter, Context, Layer>> found = new TreeMap<>(BuiltInLayers.TYPES);
            try {
                for (LayerFactory factory : ServiceLoader.load(LayerFactory.class, LayerRegistry.class.getClassLoader())) {
                    if (found.putIfAbsent(factory.type(), factory::create) != null) {
                        throw new NetDefinitionException("Layer type " + factory.type() + " already registered; "
                                + factory.getClass().getName() + " must give its layer another type");
                    }
                }
            } catch (ServiceConfigurationError e) {
                throw new NetDefinitionException("a layer factory named in META-INF/services cannot be loaded: " + e.getMessage(), e);
            }
            types = Collections.unmodifiableSortedMap(found);
        }
        return types;
    }
}
