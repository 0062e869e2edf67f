package io.github.leaderelector.election;

import io.github.leaderelector.leadership.Moment;
import io.github.leaderelector.leadership.Ticker;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import java.util.concurrent.AbstractExecutorService;
import java.util.concurrent.Callable;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Delayed;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.ScheduledFuture;
import java.util.concurrent.TimeUnit;
import java.util.function.BooleanSupplier;
import org.jspecify.annotations.Nullable;

/**
 * A process on a machine of its own: clocks that may run at another speed and show another time of day, threads that
 * stand still while it is frozen and are gone once it is dead.
 *
 * <p>While it is suspended its threads stand still, and so does its monotonic clock, but not its wall clock; its timers
 * are late by as long, as on Linux.
 */
final class SimulatedMachine implements Ticker {

    /** Where nanoTime begins is arbitrary; near the overflow it shows who compares it wrongly. */
    private static final long ORIGIN = Long.MAX_VALUE - 5_000_000_000L;

    private final VirtualTime time;
    private final double speed;
    private final long startedAt;
    private final Ticker clocks;
    private Instant wallAtStart;
    private Moment lastLook;
    private boolean peeking;
    private boolean frozen;
    private boolean dead;
    private @Nullable Long suspendedAt;
    private long suspended;
    private final List<Runnable> heldUp = new ArrayList<>();
    private final List<Timer> late = new ArrayList<>();

    SimulatedMachine(VirtualTime time, double speed, Instant wallAtStart) {
        this.time = time;
        this.speed = speed;
        this.wallAtStart = wallAtStart;
        this.startedAt = time.now();
        this.clocks = Ticker.watching(this::nanoTime, this::wallTime);
        this.lastLook = clocks.now();
    }

    @Override
    public long nanoTime() {
        long standing = suspendedAt == null ? 0 : time.now() - suspendedAt;
        return ORIGIN + (long) ((time.now() - startedAt - suspended - standing) * speed);
    }

    @Override
    public Instant wallTime() {
        return wallAtStart.plusNanos((long) ((time.now() - startedAt) * speed));
    }

    @Override
    public Moment now() {
        if (peeking) {
            Moment now = new Moment(nanoTime(), wallTime());
            Duration ahead = Duration.between(lastLook.wall(), now.wall()).minus(now.since(lastLook));
            return new Moment(
                    now.nanos(),
                    now.wall(),
                    ahead.isNegative()
                            ? lastLook.suspended()
                            : lastLook.suspended().plus(ahead));
        }
        lastLook = clocks.now();
        return lastLook;
    }

    /** What {@code question} would answer to one who asks now; not a look at the clocks, nobody has asked. */
    boolean peek(BooleanSupplier question) {
        peeking = true;
        boolean answer = question.getAsBoolean();
        peeking = false;
        return answer;
    }

    void stepWallClock(Duration step) {
        wallAtStart = wallAtStart.plus(step);
    }

    /**
     * Runs {@code task} when this machine's monotonic clock has moved on by {@code nanos}; held up while it is frozen.
     */
    Timer after(long nanos, Runnable task) {
        // Rounded up: a timer never fires before its time.
        return new Timer(time.now() + (long) Math.ceil(Math.max(0, nanos) / speed), task);
    }

    /** A task that is to run by the monotonic clock. */
    final class Timer implements Runnable {
        private final Runnable task;
        private long counted = suspended;
        private VirtualTime.Event event;
        private boolean cancelled;

        private Timer(long at, Runnable task) {
            this.task = task;
            this.event = time.at(at, this);
        }

        @Override
        public void run() {
            if (suspendedAt != null) {
                late.add(this);
            } else if (counted < suspended) {
                long behind = suspended - counted;
                counted = suspended;
                event = time.at(event.at + behind, this);
            } else {
                SimulatedMachine.this.run(task);
            }
        }

        private void resumed() {
            if (!cancelled) {
                run();
            }
        }

        void cancel() {
            cancelled = true;
            event.cancel();
        }
    }

    /** Runs {@code task} now, unless frozen, suspended or dead. */
    void run(Runnable task) {
        if (dead) {
            return;
        }
        if (frozen || suspendedAt != null) {
            heldUp.add(task);
        } else {
            task.run();
        }
    }

    void freeze() {
        frozen = true;
    }

    void thaw() {
        frozen = false;
        goOn();
    }

    /** Not while it is suspended. */
    void suspend() {
        suspendedAt = time.now();
    }

    /** Does nothing if it is not suspended. */
    void resume() {
        if (suspendedAt != null) {
            suspended += time.now() - suspendedAt;
            suspendedAt = null;
            List<Timer> timers = List.copyOf(late);
            late.clear();
            timers.forEach(Timer::resumed);
            goOn();
        }
    }

    private void goOn() {
        if (!frozen && suspendedAt == null) {
            List<Runnable> due = List.copyOf(heldUp);
            heldUp.clear();
            due.forEach(task -> time.in(0, () -> run(task)));
        }
    }

    void kill() {
        dead = true;
        heldUp.clear();
    }

    /** For how long it has been suspended so far, in nanoseconds; the present time not counted. */
    long suspendedNanos() {
        return suspended;
    }

    /** Whether it can be asked anything at this moment. */
    boolean answers() {
        return !frozen && !dead && suspendedAt == null;
    }

    boolean dead() {
        return dead;
    }

    /** A thread of this machine. */
    SimulatedThread thread() {
        return new SimulatedThread();
    }

    /** An executor of one thread. While a call blocks it, what is due waits. */
    final class SimulatedThread extends AbstractExecutorService implements ScheduledExecutorService {
        private final Deque<Runnable> waiting = new ArrayDeque<>();
        private boolean blocked;

        /** Blocks the thread until {@code call} is done; then runs {@code next}, before anything that waited. */
        void block(CompletableFuture<?> call, Runnable next) {
            if (call.isDone()) {
                next.run();
                return;
            }
            blocked = true;
            var unused = call.whenComplete((value, thrown) -> after(0, () -> {
                blocked = false;
                next.run();
                drain();
            }));
        }

        private void drain() {
            while (!blocked && !waiting.isEmpty()) {
                waiting.removeFirst().run();
            }
        }

        private void runOrWait(Runnable task) {
            if (blocked || !waiting.isEmpty()) {
                waiting.addLast(task);
            } else {
                task.run();
            }
        }

        @Override
        public void execute(Runnable task) {
            after(0, () -> runOrWait(task));
        }

        @Override
        public ScheduledFuture<?> schedule(Runnable task, long delay, TimeUnit unit) {
            Scheduled scheduled = new Scheduled();
            scheduled.event = after(
                    unit.toNanos(delay),
                    () -> runOrWait(() -> {
                        if (!scheduled.isCancelled()) {
                            task.run();
                        }
                    }));
            return scheduled;
        }

        @Override
        public <V> ScheduledFuture<V> schedule(Callable<V> task, long delay, TimeUnit unit) {
            throw new RejectedExecutionException("not simulated");
        }

        @Override
        public ScheduledFuture<?> scheduleAtFixedRate(Runnable task, long initial, long period, TimeUnit unit) {
            throw new RejectedExecutionException("not simulated");
        }

        @Override
        public ScheduledFuture<?> scheduleWithFixedDelay(Runnable task, long initial, long delay, TimeUnit unit) {
            throw new RejectedExecutionException("not simulated");
        }

        @Override
        public void shutdown() {}

        @Override
        public List<Runnable> shutdownNow() {
            return List.of();
        }

        @Override
        public boolean isShutdown() {
            return false;
        }

        @Override
        public boolean isTerminated() {
            return false;
        }

        @Override
        public boolean awaitTermination(long timeout, TimeUnit unit) {
            return true;
        }
    }

    private static final class Scheduled extends CompletableFuture<Void> implements ScheduledFuture<Void> {
        private Timer event;

        @Override
        public boolean cancel(boolean mayInterrupt) {
            event.cancel();
            return super.cancel(mayInterrupt);
        }

        @Override
        public long getDelay(TimeUnit unit) {
            return 0;
        }

        @Override
        public int compareTo(Delayed other) {
            return 0;
        }
    }
}
