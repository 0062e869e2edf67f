package io.github.leaderelector.election;

import io.github.leaderelector.leadership.Moment;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/** The writes of this process, known by their {@code renewTime}: no two have the same. For one thread at a time. */
final class OwnWrites {

    /** How many writes are remembered: those of half an hour, with the default retry period. */
    private static final int REMEMBERED = 1_000;

    /** By their renewTime, in the order in which they were sent. */
    private final Map<Instant, Write> writes = new LinkedHashMap<>();

    private Instant last = Instant.EPOCH;

    private record Write(Moment sent, boolean acknowledged) {}

    /**
     * Records a write that is about to be sent.
     *
     * @param sent the current moment
     * @param shown the Lease as last seen, whose write is not forgotten however long ago it was sent
     * @return its renewTime, in microseconds, as the API stores it
     */
    Instant next(Moment sent, @Nullable LeaseDocument shown) {
        Instant time = sent.wall().truncatedTo(ChronoUnit.MICROS);
        if (!time.isAfter(last)) {
            time = last.plus(1, ChronoUnit.MICROS);
        }
        last = time;
        writes.put(time, new Write(sent, false));
        if (writes.size() > REMEMBERED) {
            @Nullable Instant kept = shown == null ? null : shown.renewTime();
            writes.keySet().stream()
                    .filter(other -> !other.equals(kept))
                    .findFirst()
                    .ifPresent(writes::remove);
        }
        return time;
    }

    /** Whether {@code lease} shows a write of this process. */
    boolean show(LeaseDocument lease) {
        return lease.renewTime() != null && writes.containsKey(lease.renewTime());
    }

    /** When the write that {@code lease} shows was sent, if it is one of ours that was not acknowledged yet. */
    Optional<Moment> unacknowledged(LeaseDocument lease) {
        return Optional.ofNullable(lease.renewTime())
                .map(writes::get)
                .filter(write -> !write.acknowledged())
                .map(Write::sent);
    }

    /**
     * Records that the API server has stored {@code lease}, a write of ours. Writes that were sent before it can no
     * longer succeed, because they are based on an older version.
     */
    void acknowledge(LeaseDocument lease) {
        Instant shown = lease.renewTime();
        List<Instant> earlier =
                writes.keySet().stream().takeWhile(time -> !time.equals(shown)).toList();
        earlier.forEach(writes::remove);
        writes.computeIfPresent(shown, (time, write) -> new Write(write.sent(), true));
    }

    /** Whether a write of ours was stored, and not forgotten since. */
    boolean anyAcknowledged() {
        return writes.values().stream().anyMatch(Write::acknowledged);
    }

    /** Forgets all writes: from now on the Lease shows writes of others. */
    void forget() {
        writes.clear();
    }
}
