package io.github.leaderelector.testkit;

import java.util.Comparator;
import java.util.List;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;

/** The actions of the scenario, with their targets. Safe for use by many threads. */
public final class History {

    /** How a replica can be out of order. */
    public enum Kind {
        /** Its process stands still: it can neither remove its file nor answer. */
        FROZEN,
        /** Its process is gone, and could not tidy up. */
        DEAD,
    }

    /**
     * Something the scenario did.
     *
     * @param nanos when, by {@link System#nanoTime}
     * @param what in a few words, such as "SIGKILL b"
     */
    public record Mark(long nanos, String what) {}

    /**
     * A time in which a replica's file means nothing.
     *
     * @param from the earliest moment at which it stood still or died
     * @param to the moment it went on, or its leftovers were removed
     */
    public record Outage(String replica, Kind kind, long from, long to) {
        boolean covers(String someone, long nanos) {
            return replica.equals(someone) && nanos - from >= 0 && to - nanos >= 0;
        }
    }

    private final long origin = System.nanoTime();
    private final Queue<Mark> marks = new ConcurrentLinkedQueue<>();
    private final Queue<Outage> outages = new ConcurrentLinkedQueue<>();

    /** Notes what happens now. */
    public void mark(String what) {
        marks.add(new Mark(System.nanoTime(), what));
    }

    /** Notes that {@code replica} stood still. */
    public void frozen(String replica, long from, long to) {
        outages.add(new Outage(replica, Kind.FROZEN, from, to));
    }

    /** Notes that {@code replica} died at {@code from} and that its file was removed at {@code to}. */
    public void died(String replica, long from, long to) {
        outages.add(new Outage(replica, Kind.DEAD, from, to));
    }

    /** All actions, oldest first. */
    public List<Mark> marks() {
        return marks.stream()
                .sorted(Comparator.comparingLong(m -> m.nanos() - origin))
                .toList();
    }

    /** The replicas that were disturbed, with the times. */
    public List<Outage> outages() {
        return List.copyOf(outages);
    }

    /** The last thing done before {@code nanos}; "start" when there was none. */
    public String causeAt(long nanos) {
        String cause = "start";
        for (Mark mark : marks()) {
            if (mark.nanos() - nanos > 0) {
                break;
            }
            cause = mark.what();
        }
        return cause;
    }

    /** {@code nanos} as seconds since this history began. */
    public String at(long nanos) {
        return "%.4f".formatted((nanos - origin) / 1e9);
    }

    long origin() {
        return origin;
    }
}
