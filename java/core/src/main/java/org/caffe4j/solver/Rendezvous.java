package org.caffe4j.solver;

import java.util.concurrent.CancellationException;

/** Where threads wait until all have come, as often as they like; whoever cannot come breaks it, so that nobody waits for ever. */
final class Rendezvous {
    private final int count;
    private final Runnable whenAllHaveCome;
    private int arrived;
    private long meeting;
    private boolean broken;

    /** @param whenAllHaveCome run by the last to come, while the others wait; what it throws breaks the meeting */
    Rendezvous(int count, Runnable whenAllHaveCome) {
        this.count = count;
        this.whenAllHaveCome = whenAllHaveCome;
    }

    /**
     * Waits for the others.
     *
     * @throws CancellationException if one of them cannot come, or the thread is interrupted
     */
    synchronized void await() {
        long mine = meeting;
        if (!broken && ++arrived == count) {
            try {
                whenAllHaveCome.run();
                meeting++;
                arrived = 0;
            } catch (RuntimeException | Error e) {
                breakOff();
                throw e;
            }
            notifyAll();
        }
        while (mine == meeting && !broken) {
            try {
                wait();
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
                breakOff();
            }
        }
        if (mine == meeting) {
            throw new CancellationException("another rank ended, or this one was interrupted, while gradients were exchanged");
        }
    }

    /** Sends everybody away who waits or comes later, until {@link #mend}. */
    synchronized void breakOff() {
        broken = true;
        notifyAll();
    }

    /** Starts anew; nobody may be waiting. */
    synchronized void mend() {
        broken = false;
        arrived = 0;
    }
}
