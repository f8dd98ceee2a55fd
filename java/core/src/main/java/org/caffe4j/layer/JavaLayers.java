package org.caffe4j.layer;

import java.lang.reflect.Constructor;
import java.lang.reflect.InvocationTargetException;
import org.caffe4j.Context;
import org.caffe4j.NetDefinitionException;
import org.caffe4j.proto.LayerParameter;

/**
 * Layers of type "Java": a class of the user's, named by {@code java_param.class} (the binary name, {@code Outer$Inner} for a nested
 * class), that extends {@link Layer} and has a public constructor ({@link LayerParameter}, {@link Context}). It is looked up by the calling
 * thread's context class loader, then by this library's. {@code java_param.param_str} is the layer's to read.
 */
final class JavaLayers {
    private JavaLayers() {
    }

    /** @throws NetDefinitionException if there is no such class, or it is no layer, or its constructor is missing or throws */
    static Layer create(LayerParameter param, Context context) {
        String where = "layer '" + param.getName() + "' (Java): ";
        String name = param.getJavaParam().getClass_();
        if (name.isEmpty()) {
            throw new NetDefinitionException(where + "java_param.class must name the layer's class, such as \"com.example.HuberLossLayer\"");
        }
        try {
            return constructor(find(name), where).newInstance(param, context);
        } catch (ClassNotFoundException e) {
            throw new NetDefinitionException(where + "class " + name + " (java_param.class) is not found; is it on the class path, and the "
                    + "name the binary one, with its package and with $ before a nested class?", e);
        } catch (InvocationTargetException e) {
            throw new NetDefinitionException(where + "the constructor of " + name + " throws " + e.getCause()
                    + "; checks of the description belong into setUp", e.getCause());
        } catch (ReflectiveOperationException | LinkageError e) {
            throw new NetDefinitionException(where + "class " + name + " cannot be used: " + e
                    + "; it must be public and not abstract, and load without an error", e);
        }
    }

    /** By the caller's loader, which sees what the library's does not, such as a plug-in's classes. */
    private static Class<?> find(String name) throws ClassNotFoundException {
        ClassLoader callers = Thread.currentThread().getContextClassLoader();
        if (callers != null) {
            try {
                return Class.forName(name, true, callers);
            } catch (ClassNotFoundException e) {
                return Class.forName(name);
            }
        }
        return Class.forName(name);
    }

    private static Constructor<? extends Layer> constructor(Class<?> type, String where) {
        if (!Layer.class.isAssignableFrom(type)) {
            throw new NetDefinitionException(where + "class " + type.getName() + " is no layer: it must extend " + Layer.class.getName());
        }
        try {
            return type.asSubclass(Layer.class).getConstructor(LayerParameter.class, Context.class);
        } catch (NoSuchMethodException e) {
            throw new NetDefinitionException(where + "class " + type.getName()
                    + " has no public constructor (LayerParameter, Context), with which the net could make it", e);
        }
    }
}
