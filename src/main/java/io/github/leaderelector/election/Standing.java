package io.github.leaderelector.election;

/** What the Lease, as last seen, means for us at one moment. */
sealed interface Standing {

    /** It has not been seen yet. */
    record Unknown() implements Standing {}

    /** We hold it: it shows a write of this process. */
    record Ours() implements Standing {}

    /**
     * It may be taken at once.
     *
     * @param sinceNanos the monotonic time, in nanoseconds, at which it was seen to be free
     * @param contested whether others are likely to want it at this very moment, too
     */
    record Free(long sinceNanos, boolean contested) implements Standing {}

    /**
     * Another holds it, or held it when it was deleted or emptied by somebody else.
     *
     * @param holder who; our own identity when a namesake holds it
     * @param untilNanos the monotonic time, in nanoseconds, at which it expires
     */
    record Held(String holder, long untilNanos) implements Standing {}

    /**
     * Another held it and has not been seen to renew it for the lease duration: it may be taken, once the API server
     * has confirmed that the silence is the holder's and not the watch's.
     *
     * @param sinceNanos the monotonic time, in nanoseconds, at which it expired
     */
    record Lapsed(long sinceNanos) implements Standing {}
}
