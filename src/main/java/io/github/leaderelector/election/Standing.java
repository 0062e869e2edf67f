package io.github.leaderelector.election;

/** What the last known state of the Lease means for us at one moment. */
sealed interface Standing {

    /** It has not been seen yet. */
    record Unknown() implements Standing {}

    /** We hold it: it shows a write of this process. */
    record Ours() implements Standing {}

    /**
     * It may be taken at once.
     *
     * @param sinceNanos the monotonic time, in nanoseconds, at which it was seen to be free
     * @param contested whether other replicas are likely to try to take it at the same moment
     */
    record Free(long sinceNanos, boolean contested) implements Standing {}

    /**
     * Another holds it, or held it when it was deleted or emptied by somebody else.
     *
     * @param holder the holder; our own identity if another process uses it, too
     * @param untilNanos the monotonic time, in nanoseconds, at which it expires
     */
    record Held(String holder, long untilNanos) implements Standing {}

    /**
     * Another held it and has not been seen to renew it for the lease duration. It may be taken after a read has
     * confirmed that the holder did not renew it.
     *
     * @param sinceNanos the monotonic time, in nanoseconds, at which it expired
     */
    record Lapsed(long sinceNanos) implements Standing {}
}
