package io.github.leaderelector.election;

import io.github.leaderelector.leadership.Ticker;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.function.Supplier;
import java.util.random.RandomGenerator;

/**
 * The replacement of Fabric8's loop in virtual time: the same calls at the same times, see {@code RenewalTest}.
 *
 * <p>Fabric8's loop: until the first renewal has succeeded, an attempt every 1 to 2.2 retry periods; from then on one
 * every retry period, the first at once; it ends when it finds the renew deadline passed by the wall clock. A failed
 * renewal is left for the next attempt. Delays add up from the start, so that it catches up after a stall.
 */
final class SimulatedRenewal implements Renewal {

    private final Supplier<CompletableFuture<Void>> renew;
    private final Timings timings;
    private final Ticker ticker;
    private final SimulatedMachine.SimulatedThread thread;
    private final RandomGenerator random;
    private boolean stopped;
    private boolean acquired;
    private long nextNanos;
    private long renewByMillis;

    SimulatedRenewal(
            Supplier<CompletableFuture<Void>> renew,
            Timings timings,
            Ticker ticker,
            SimulatedMachine.SimulatedThread thread,
            RandomGenerator random) {
        this.renew = renew;
        this.timings = timings;
        this.ticker = ticker;
        this.thread = thread;
        this.random = random;
        this.nextNanos = ticker.nanoTime();
        thread.execute(this::attempt);
    }

    @Override
    public void stop() {
        thread.execute(() -> stopped = true);
    }

    private void attempt() {
        if (stopped || (acquired && ticker.wallTime().toEpochMilli() > renewByMillis)) {
            return;
        }
        CompletableFuture<Void> renewed = renew.get();
        thread.block(renewed, () -> ended(renewed));
    }

    private void ended(CompletableFuture<Void> renewed) {
        if (!renewed.isCompletedExceptionally()) {
            renewByMillis =
                    ticker.wallTime().toEpochMilli() + timings.renewDeadline().toMillis();
            if (!acquired) {
                acquired = true;
                nextNanos = ticker.nanoTime();
                thread.execute(this::attempt);
                return;
            }
        }
        long period = timings.retryPeriod().toNanos();
        nextNanos += acquired ? period : period + (long) (period * random.nextDouble() * 1.2);
        var unused = thread.schedule(this::attempt, Math.max(0, nextNanos - ticker.nanoTime()), TimeUnit.NANOSECONDS);
    }
}
