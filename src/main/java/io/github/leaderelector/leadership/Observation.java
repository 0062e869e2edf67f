package io.github.leaderelector.leadership;

import io.github.leaderelector.text.ForeignText;

/** What can be learnt: the inputs of the {@link LeadershipStateMachine}. */
public sealed interface Observation {

    /**
     * The Lease was seen.
     *
     * @param lease what was seen
     * @param writer whose write it shows
     * @param exists whether there is a Lease at all
     */
    record LeaseSeen(ObservedLease lease, Writer writer, boolean exists) implements Observation {}

    /** Whose write a seen state of the Lease is. */
    enum Writer {
        /** This process. */
        US,
        /** A process under our identity that wrote before we first looked: most likely ours, before a restart. */
        FORMER_SELF,
        /** Another process under our identity, that lives. */
        NAMESAKE,
        /** Anybody else, or nobody. */
        OTHER,
    }

    /**
     * The API server acknowledged a write by which this process holds the Lease; or it was seen to have gone through,
     * though its answer was lost.
     *
     * @param lease the Lease as written
     * @param sent when the write was sent, read before it was
     */
    record WriteAcknowledged(ObservedLease lease, Moment sent) implements Observation {}

    /**
     * A request to the API server failed.
     *
     * @param problem one sentence for people; what others wrote of it is made fit to be shown to anybody
     */
    record ApiFailed(String problem) implements Observation {

        /** Makes {@code problem} fit to be shown. */
        public ApiFailed {
            problem = ForeignText.sentence(problem);
        }
    }

    /**
     * Told to stop claiming, and not to claim again until {@link CampaignAllowed}.
     *
     * @param reason why
     */
    record ResignRequested(Reason reason) implements Observation {}

    /** Told that it may lead again. */
    record CampaignAllowed() implements Observation {}

    /** The Lease was put back to an earlier state: what is seen of it from now on has lower versions than before. */
    record HistoryBegunAnew() implements Observation {}

    /** Time has passed: a claim may have ended. */
    record TimePassed() implements Observation {}
}
