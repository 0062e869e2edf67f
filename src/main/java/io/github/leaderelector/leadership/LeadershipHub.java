package io.github.leaderelector.leadership;

import io.github.leaderelector.leadership.Observation.TimePassed;
import io.github.leaderelector.text.ForeignText;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.Executor;
import java.util.concurrent.RejectedExecutionException;

/**
 * Holds the current {@link Leadership}; all readers read it here, and observers subscribe here to its changes.
 *
 * <p>One writer at a time: {@link #observe} runs the state machine under a lock that is never held while observers
 * work. Reading takes no lock, unless the reader is the first to notice that a claim has ended. Safe for use by many
 * threads.
 */
public final class LeadershipHub {

    /** How many changes {@link #transitions} remembers. */
    static final int REMEMBERED_TRANSITIONS = 50;

    private final Ticker ticker;
    private final LeadershipStateMachine machine;
    private final List<Mailbox> mailboxes = new CopyOnWriteArrayList<>();
    private final ArrayDeque<Transition> transitions = new ArrayDeque<>();
    private final Object lock = new Object();
    private volatile Versioned current;

    private record Versioned(long version, Leadership leadership, long sinceNanos) {}

    /**
     * @param identity our identity
     * @param lease the Lease
     * @param renewDeadline how long a claim holds after its write was sent
     * @param ticker the clocks
     */
    public LeadershipHub(String identity, LeaseRef lease, Duration renewDeadline, Ticker ticker) {
        this.ticker = ticker;
        this.machine = new LeadershipStateMachine(renewDeadline);
        this.current = new Versioned(0, Leadership.unknown(identity, lease, ticker.now()), ticker.nanoTime());
    }

    /** The current state. It never has a claim that has ended: the clock is checked on each call. */
    public Leadership current() {
        Leadership leadership = current.leadership();
        Claim claim = leadership.claim();
        if (claim == null || claim.holds(ticker.now())) {
            return leadership;
        }
        observe(new TimePassed());
        return current.leadership();
    }

    /** Whether this process leads now. */
    public boolean leads() {
        return current.leadership().leads(ticker.now());
    }

    /**
     * Applies {@code observation} and tells the observers if the state changed.
     *
     * @return the state before
     */
    public Leadership observe(Observation observation) {
        synchronized (lock) {
            Moment now = ticker.now();
            Leadership before = current.leadership();
            Leadership after = machine.next(before, observation, now);
            if (after.equals(before)) {
                return before;
            }
            current = new Versioned(current.version() + 1, after, now.nanos());
            remember(before, after, now);
            // Inside the lock, so that observers get changes in order. A mailbox only hands over to its executor and
            // does not block.
            mailboxes.forEach(Mailbox::wake);
            return before;
        }
    }

    private void remember(Leadership before, Leadership after, Moment now) {
        boolean began = before.claim() == null && after.claim() != null;
        boolean ceased = before.claim() != null && after.claim() == null;
        boolean anotherHolder = !Objects.equals(before.holder(), after.holder());
        boolean anotherTenure = before.claim() != null
                && after.claim() != null
                && before.claim().fencingToken() != after.claim().fencingToken();
        boolean conflict = before.reason().code() != Reason.Code.IDENTITY_CONFLICT
                && after.reason().code() == Reason.Code.IDENTITY_CONFLICT;
        if (began || ceased || anotherTenure || anotherHolder || conflict) {
            long sequence = transitions.isEmpty() ? 1 : transitions.getLast().sequence() + 1;
            if (transitions.size() == REMEMBERED_TRANSITIONS) {
                transitions.removeFirst();
            }
            transitions.addLast(new Transition(sequence, before, after, now, gap(before, now)));
        }
    }

    private static Duration gap(Leadership before, Moment now) {
        // A process that has just started does not know for how long there has been no leader.
        return before.seen() ? before.leaderlessFor(now) : Duration.ZERO;
    }

    /**
     * The last changes with a {@link Transition#sequence} greater than {@code after}, oldest first; at most
     * {@value #REMEMBERED_TRANSITIONS} are remembered.
     */
    public List<Transition> transitions(long after) {
        synchronized (lock) {
            return transitions.stream().filter(t -> t.sequence() > after).toList();
        }
    }

    /**
     * Subscribes {@code observer}: it is told the current state at once, and then of every change.
     *
     * @param name its name in log lines
     * @param executor where it is called; if the executor rejects a task, the observer gets no further calls
     */
    public void subscribe(String name, Executor executor, LeadershipObserver observer) {
        add(new Mailbox(name, executor, observer, false));
    }

    /** As {@link #subscribe}, for an observer whose sign applications act on: {@link #told} waits for it. */
    public void subscribeSign(String name, Executor executor, LeadershipObserver observer) {
        add(new Mailbox(name, executor, observer, true));
    }

    private void add(Mailbox mailbox) {
        mailboxes.add(mailbox);
        mailbox.wake();
    }

    /** Tells all observers the current state again, so that they repair their signs if something changed them. */
    public void retell() {
        current();
        mailboxes.forEach(Mailbox::wake);
    }

    /**
     * Completes when every observer subscribed by {@link #subscribeSign} has applied the current state or a later one.
     * If one fails, this waits until it succeeds.
     */
    public CompletableFuture<Void> told() {
        long version = current.version();
        return CompletableFuture.allOf(mailboxes.stream()
                .filter(Mailbox::isSign)
                .map(m -> m.applied(version))
                .toArray(CompletableFuture<?>[]::new));
    }

    /** The names of all observers subscribed so far. */
    public List<String> observers() {
        return mailboxes.stream().map(Mailbox::name).distinct().toList();
    }

    /**
     * The lag of {@code observer}: for how long it has not applied the last change, or, after it has, how long that
     * took. Zero if there is no such observer.
     */
    public Duration lag(String observer) {
        return Duration.ofNanos(mailboxes.stream()
                .filter(mailbox -> mailbox.name().equals(observer))
                .mapToLong(Mailbox::lagNanos)
                .max()
                .orElse(0));
    }

    /** The latest-value mailbox of one observer. */
    private final class Mailbox implements Runnable {

        private static final System.Logger LOG = System.getLogger(LeadershipHub.class.getPackageName());

        private final String name;
        private final Executor executor;
        private final LeadershipObserver observer;
        private final boolean sign;
        private final List<Waiter> waiters = new ArrayList<>();
        private boolean scheduled;
        private boolean running;
        private boolean again;
        private long appliedVersion = -1;
        // It lags until it has applied the state at the time of its subscription.
        private boolean behind = true;
        private long behindSinceNanos = ticker.nanoTime();
        private long lastLagNanos;
        private boolean failing;

        private record Waiter(long version, CompletableFuture<Void> future) {}

        Mailbox(String name, Executor executor, LeadershipObserver observer, boolean sign) {
            this.name = name;
            this.executor = executor;
            this.observer = observer;
            this.sign = sign;
        }

        boolean isSign() {
            return sign;
        }

        String name() {
            return name;
        }

        synchronized long lagNanos() {
            return behind ? ticker.nanoTime() - behindSinceNanos : lastLagNanos;
        }

        void wake() {
            Versioned latest = current;
            synchronized (this) {
                if (!behind && latest.version() > appliedVersion) {
                    behind = true;
                    behindSinceNanos = latest.sinceNanos();
                }
                if (scheduled) {
                    return;
                }
                if (running) {
                    again = true;
                    return;
                }
                scheduled = true;
            }
            boolean accepted = false;
            try {
                executor.execute(this);
                accepted = true;
            } catch (RejectedExecutionException stopped) {
                // The executor is shut down: the observer gets no further calls.
            } finally {
                if (!accepted) {
                    synchronized (this) {
                        scheduled = false;
                    }
                }
            }
        }

        @Override
        public void run() {
            synchronized (this) {
                scheduled = false;
                running = true;
                again = false;
            }
            Versioned told = current;
            boolean done = false;
            try {
                observer.onLeadership(told.leadership());
                done = true;
            } catch (Exception failure) {
                if (failure instanceof InterruptedException) {
                    Thread.currentThread().interrupt();
                }
                logOnce(failure);
            } finally {
                finished(told, done);
            }
        }

        private void logOnce(Exception failure) {
            if (!failing) {
                LOG.log(System.Logger.Level.WARNING, () -> "LE-108 " + name + ": " + ForeignText.of(failure));
            }
        }

        private void finished(Versioned told, boolean done) {
            List<CompletableFuture<Void>> due = new ArrayList<>();
            boolean once;
            synchronized (this) {
                running = false;
                failing = !done;
                once = again;
                if (done) {
                    applied(told);
                    waiters.removeIf(w -> w.version() <= appliedVersion && due.add(w.future()));
                }
            }
            due.forEach(f -> f.complete(null));
            if (once) {
                wake();
            }
        }

        private void applied(Versioned told) {
            appliedVersion = told.version();
            if (behind) {
                lastLagNanos = ticker.nanoTime() - behindSinceNanos;
            }
            Versioned latest = current;
            behind = latest.version() > told.version();
            behindSinceNanos = latest.sinceNanos();
        }

        synchronized CompletableFuture<Void> applied(long version) {
            if (appliedVersion >= version) {
                return CompletableFuture.completedFuture(null);
            }
            CompletableFuture<Void> future = new CompletableFuture<>();
            waiters.add(new Waiter(version, future));
            return future;
        }
    }
}
