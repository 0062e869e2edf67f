package io.github.leaderelector.testkit;

import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.locks.LockSupport;
import org.jspecify.annotations.Nullable;

/**
 * Asks one replica again and again who leads, on a thread of its own. A claim counts from the moment of asking until
 * the moment of reading: what a replica decided before it stood still is believed when it is read. Safe for use by many
 * threads.
 */
public final class HttpWatch implements AutoCloseable {

    private static final long PAUSE = 10_000_000;

    /** Longer than any replica stands still, so that an answer is read that comes only when it goes on. */
    private static final Duration PATIENCE = Duration.ofSeconds(60);

    private final String replica;
    private final LeaderClient client;
    private final List<Span> over = new ArrayList<>();
    private @Nullable Span claiming;
    private @Nullable LeaderAnswer last;
    private long answers;
    private volatile boolean stopped;

    /**
     * Begins to ask.
     *
     * @param replica the name under which its claims are noted
     * @param port where it serves; nobody needs to serve there yet
     */
    public HttpWatch(String replica, int port) {
        this.replica = replica;
        this.client = new LeaderClient(port, PATIENCE);
        FaultProxy.daemon("http-watch-" + replica, this::ask);
    }

    private void ask() {
        while (!stopped) {
            try {
                note(client.ask());
            } catch (IOException silent) {
                // No answer is no claim; what was claimed before is ended by the next answer.
            }
            LockSupport.parkNanos(PAUSE);
        }
        client.close();
    }

    private synchronized void note(LeaderAnswer answer) {
        answers++;
        last = answer;
        Span before = claiming;
        if (before != null && (!answer.leader() || answer.fencingToken() != before.token())) {
            over.add(before);
            claiming = null;
            before = null;
        }
        if (answer.leader()) {
            claiming = before == null
                    ? new Span(
                            replica,
                            answer.asked(),
                            answer.answered(),
                            answer.answered(),
                            answer.answered(),
                            answer.fencingToken())
                    : before.until(answer.answered(), answer.answered());
        }
    }

    /** Every time the replica claimed to lead, each under one fencing token, ongoing ones included. */
    public synchronized List<Span> spans() {
        List<Span> spans = new ArrayList<>(over);
        if (claiming != null) {
            spans.add(claiming);
        }
        return spans;
    }

    /** Its last answer; null before the first. */
    public synchronized @Nullable LeaderAnswer last() {
        return last;
    }

    /** How many answers there were. */
    public synchronized long answers() {
        return answers;
    }

    @Override
    public void close() {
        stopped = true;
    }
}
