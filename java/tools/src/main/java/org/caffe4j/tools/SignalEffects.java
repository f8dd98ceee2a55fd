package org.caffe4j.tools;

import java.util.LinkedHashMap;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.atomic.AtomicInteger;
import org.caffe4j.solver.Solver;
import org.jline.utils.Signals;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * What SIGINT and SIGHUP do to a solver while it runs: stop it, make it take a snapshot, or nothing. The solver acts after the iteration or
 * test batch that runs. Closing gives the signals back to those who had them.
 */
final class SignalEffects implements AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(SignalEffects.class);

    /** What a signal does. */
    enum Effect {
        STOP,
        SNAPSHOT,
        NONE;

        /** The effect that a flag names. */
        static Effect of(String value, String flag) {
            for (Effect effect : values()) {
                if (effect.name().toLowerCase(Locale.ROOT).equals(value)) {
                    return effect;
                }
            }
            throw new UsageException("illegal value '" + value + "' specified for flag '" + flag + "': expected stop, snapshot or none");
        }
    }

    private static final AtomicInteger ACTIVE = new AtomicInteger();

    private final Map<String, Object> earlier = new LinkedHashMap<>();

    /** Lets the signals act on a solver from now on. */
    SignalEffects(Solver solver, Effect onInterrupt, Effect onHangup) {
        install("INT", onInterrupt, solver);
        install("HUP", onHangup, solver);
        ACTIVE.incrementAndGet();
    }

    private void install(String name, Effect effect, Solver solver) {
        Object handler = Signals.register(name, () -> act(effect, solver));
        if (handler == null) {
            LOG.warn("SIG{} cannot be handled here; it has its usual effect", name);
        } else {
            earlier.put(name, handler);
        }
    }

    private static void act(Effect effect, Solver solver) {
        switch (effect) {
            case STOP -> solver.requestStop();
            case SNAPSHOT -> solver.requestSnapshot();
            case NONE -> { }
        }
    }

    /** How many are in force in this process. */
    static int active() {
        return ACTIVE.get();
    }

    @Override
    public void close() {
        ACTIVE.decrementAndGet();
        earlier.forEach(Signals::unregister);
    }
}
