package io.github.leaderelector.testkit;

import java.time.Duration;
import java.util.concurrent.Callable;
import java.util.concurrent.locks.LockSupport;
import java.util.function.Supplier;

/** Waits, on the real clock, for what processes do. */
public final class Wait {

    private static final long LOOK_EVERY = 2_000_000;

    private Wait() {}

    /**
     * Returns as soon as {@code condition} holds, looking every two milliseconds.
     *
     * @throws AssertionError with {@code message} when it does not hold within {@code limit}
     */
    public static void until(Duration limit, Supplier<String> message, Callable<Boolean> condition) {
        long end = System.nanoTime() + limit.toNanos();
        while (!holds(condition)) {
            if (System.nanoTime() - end > 0) {
                throw new AssertionError(message.get());
            }
            LockSupport.parkNanos(LOOK_EVERY);
            if (Thread.interrupted()) {
                throw new IllegalStateException("Interrupted while waiting.");
            }
        }
    }

    private static boolean holds(Callable<Boolean> condition) {
        try {
            return condition.call();
        } catch (RuntimeException e) {
            throw e;
        } catch (Exception e) {
            throw new IllegalStateException(e);
        }
    }

    /** Lets {@code time} pass. */
    public static void pass(Duration time) {
        long end = System.nanoTime() + time.toNanos();
        for (long left = time.toNanos(); left > 0; left = end - System.nanoTime()) {
            LockSupport.parkNanos(left);
            if (Thread.interrupted()) {
                throw new IllegalStateException("Interrupted while waiting.");
            }
        }
    }
}
