package io.github.leaderelector.leadership;

import io.github.leaderelector.text.ForeignText;

/** An input of the {@link LeadershipStateMachine}: something that this process has learnt. */
public sealed interface Observation {

    /**
     * The Lease was seen.
     *
     * @param lease the state that was seen
     * @param writer the writer of that state
     * @param exists whether the Lease exists
     */
    record LeaseSeen(ObservedLease lease, Writer writer, boolean exists) implements Observation {}

    /** The writer of a state of the Lease. */
    enum Writer {
        /** This process. */
        US,
        /** A process with our identity that wrote before our first read: most likely this sidecar before a restart. */
        FORMER_SELF,
        /** Another running process with our identity. */
        NAMESAKE,
        /** Any other client, or none. */
        OTHER,
    }

    /**
     * The API server acknowledged a write by which this process holds the Lease; or the answer was lost, but the write
     * was seen in the Lease.
     *
     * @param lease the Lease as written
     * @param sent when the write was sent, read before it was
     */
    record WriteAcknowledged(ObservedLease lease, Moment sent) implements Observation {}

    /**
     * A request to the API server failed.
     *
     * @param problem one sentence for people; foreign text in it is made safe to show
     */
    record ApiFailed(String problem) implements Observation {

        /** Makes {@code problem} safe to show. */
        public ApiFailed {
            problem = ForeignText.sentence(problem);
        }
    }

    /**
     * This replica must stop claiming, and must not claim again until {@link CampaignAllowed}.
     *
     * @param reason the reason
     */
    record ResignRequested(Reason reason) implements Observation {}

    /** This replica may lead again. */
    record CampaignAllowed() implements Observation {}

    /** The Lease was put back to an earlier state: from now on its versions are lower than before. */
    record HistoryBegunAnew() implements Observation {}

    /** Time has passed: a claim may have ended. */
    record TimePassed() implements Observation {}
}
