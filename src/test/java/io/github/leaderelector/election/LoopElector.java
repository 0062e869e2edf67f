package io.github.leaderelector.election;

import io.github.leaderelector.leadership.Ticker;
import java.util.concurrent.CompletableFuture;
import java.util.function.Supplier;
import java.util.random.RandomGenerator;

/**
 * What stands for Fabric8's elector in virtual time: the same calls in the same order, see {@code LoopElectorTest}.
 *
 * <p>Fabric8's loop: until acquired, an attempt every 1 to 2.2 retry periods; from then on one every retry period, the
 * first at once; it ends when an attempt finds another holder, or finds the renew deadline passed by the wall clock. A
 * failed request is left for the next attempt. Delays add up from the start, so that it catches up after a stall.
 */
final class LoopElector implements Elector {

    private final Supplier<CompletableFuture<Standing>> look;
    private final Supplier<CompletableFuture<Void>> hold;
    private final Timings timings;
    private final Ticker ticker;
    private final SimulatedMachine.SimulatedThread thread;
    private final RandomGenerator random;
    private final CompletableFuture<Void> done = new CompletableFuture<>();
    private boolean acquired;
    private long nextNanos;
    private long renewByMillis;

    LoopElector(
            Supplier<CompletableFuture<Standing>> look,
            Supplier<CompletableFuture<Void>> hold,
            Timings timings,
            Ticker ticker,
            SimulatedMachine.SimulatedThread thread,
            RandomGenerator random) {
        this.look = look;
        this.hold = hold;
        this.timings = timings;
        this.ticker = ticker;
        this.thread = thread;
        this.random = random;
    }

    @Override
    public CompletableFuture<?> start() {
        nextNanos = ticker.nanoTime();
        thread.execute(this::attempt);
        return done;
    }

    @Override
    public void cancel() {
        done.cancel(true);
    }

    private void attempt() {
        if (done.isDone()) {
            return;
        }
        if (acquired && ticker.wallTime().toEpochMilli() > renewByMillis) {
            done.complete(null);
            return;
        }
        CompletableFuture<Standing> standing = look.get();
        thread.block(standing, () -> looked(standing));
    }

    private void looked(CompletableFuture<Standing> standing) {
        if (standing.isCompletedExceptionally()) {
            next();
        } else if (standing.join() instanceof Standing.Held) {
            if (acquired) {
                done.complete(null);
            } else {
                next();
            }
        } else {
            CompletableFuture<Void> written = hold.get();
            thread.block(written, () -> held(written));
        }
    }

    private void held(CompletableFuture<Void> written) {
        if (!written.isCompletedExceptionally()) {
            renewByMillis =
                    ticker.wallTime().toEpochMilli() + timings.renewDeadline().toMillis();
            if (!acquired) {
                acquired = true;
                nextNanos = ticker.nanoTime();
                thread.execute(this::attempt);
                return;
            }
        }
        next();
    }

    private void next() {
        long period = timings.retryPeriod().toNanos();
        nextNanos += acquired ? period : period + (long) (period * random.nextDouble() * 1.2);
        var unused = thread.schedule(
                this::attempt, Math.max(0, nextNanos - ticker.nanoTime()), java.util.concurrent.TimeUnit.NANOSECONDS);
    }
}
