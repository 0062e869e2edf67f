package io.github.leaderelector.election;

import io.github.leaderelector.leadership.Ticker;
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

/**
 * A process on a machine of its own: clocks that may run at another speed and show another time of day, threads that
 * stand still while it is frozen and are gone once it is dead.
 */
final class SimulatedMachine implements Ticker {

    /** Where nanoTime begins is arbitrary; near the overflow it shows who compares it wrongly. */
    private static final long ORIGIN = Long.MAX_VALUE - 5_000_000_000L;

    private final VirtualTime time;
    private final double speed;
    private Instant wallAtStart;
    private final long startedAt;
    private boolean frozen;
    private boolean dead;
    private final List<Runnable> heldUp = new ArrayList<>();

    SimulatedMachine(VirtualTime time, double speed, Instant wallAtStart) {
        this.time = time;
        this.speed = speed;
        this.wallAtStart = wallAtStart;
        this.startedAt = time.now();
    }

    private long elapsed() {
        return (long) ((time.now() - startedAt) * speed);
    }

    @Override
    public long nanoTime() {
        return ORIGIN + elapsed();
    }

    @Override
    public Instant wallTime() {
        return wallAtStart.plusNanos(elapsed());
    }

    void stepWallClock(java.time.Duration step) {
        wallAtStart = wallAtStart.plus(step);
    }

    /** Runs {@code task} when this machine's clock has moved on by {@code nanos}; held up while it is frozen. */
    VirtualTime.Event after(long nanos, Runnable task) {
        // Rounded up: a timer never fires before its time.
        return time.in((long) Math.ceil(Math.max(0, nanos) / speed), () -> run(task));
    }

    /** Runs {@code task} now, unless frozen or dead. */
    void run(Runnable task) {
        if (dead) {
            return;
        }
        if (frozen) {
            heldUp.add(task);
        } else {
            task.run();
        }
    }

    void freeze() {
        frozen = true;
    }

    void thaw() {
        if (frozen) {
            frozen = false;
            List<Runnable> due = new ArrayList<>(heldUp);
            heldUp.clear();
            due.forEach(task -> time.in(0, () -> run(task)));
        }
    }

    void kill() {
        dead = true;
        heldUp.clear();
    }

    /** Whether it can be asked anything at this moment. */
    boolean answers() {
        return !frozen && !dead;
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
        private VirtualTime.Event event;

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
