package io.github.leaderelector.kubernetes;

import io.github.leaderelector.leadership.LastingProblem;
import io.github.leaderelector.leadership.Ticker;
import io.github.leaderelector.text.ForeignText;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.ThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import java.util.function.Predicate;
import org.jboss.logging.Logger;
import org.jspecify.annotations.Nullable;

/**
 * Holds the current access to the API server: its address and the credentials. A thread of its own reads them again:
 * once a minute while requests are made, a while before the credentials expire, and when the API server rejects them.
 * If reading fails, the last access stays in use.
 *
 * <p>Safe for use by many threads. Only {@link #of} blocks.
 */
public final class AccessStore implements AutoCloseable {

    private static final Logger LOG = Logger.getLogger(AccessStore.class);
    private static final Duration LOOK_AGAIN = Duration.ofMinutes(1);

    /** So that a credential program that fails is not started again by every request. */
    private static final Duration AGAIN_AFTER_FAILURE = Duration.ofSeconds(10);

    private static final String DEFAULT_NAMESPACE = "default";

    private static final Duration IDLE_THREAD = Duration.ofSeconds(5);

    private final AccessReader reader;
    private final Ticker ticker;
    private final LastingProblem problem;
    private final ThreadPoolExecutor executor;

    private volatile AccessReader.@Nullable Reading reading;
    private volatile long readNanos;
    private volatile Predicate<String> namespaceCheck = found -> true;
    private Optional<String> namespaceAtStart = Optional.empty();
    private @Nullable CompletableFuture<ApiAccess> looking;

    /** @param reader called on one thread only */
    AccessStore(AccessReader reader, Ticker ticker) {
        this.reader = reader;
        this.ticker = ticker;
        this.problem = new LastingProblem(ticker);
        this.readNanos = ticker.nanoTime();
        this.executor = new ThreadPoolExecutor(
                1, 1, IDLE_THREAD.toMillis(), TimeUnit.MILLISECONDS, new LinkedBlockingQueue<>(), task -> {
                    Thread thread = new Thread(task, "api-access");
                    thread.setDaemon(true);
                    return thread;
                });
        // Idle nearly always; the thread ends then.
        executor.allowCoreThreadTimeOut(true);
    }

    /**
     * The access that {@code environment} configures. Reads it before it returns; if it does not exist yet, each
     * request looks for it again.
     *
     * @param home the folder in which {@code .kube/config} may be
     * @throws IllegalArgumentException if the configuration uses something that is not supported; the message is a
     *     sentence for people
     */
    public static AccessStore of(Map<String, String> environment, Path home, Ticker ticker) {
        Proxies.of(environment)
                .skipped()
                .forEach(entry -> LOG.warnf(
                        "LE-221 NO_PROXY has the entry '%s', which is no host, address or network; it is skipped.",
                        ForeignText.of(entry)));
        AccessStore store = new AccessStore(new AccessChoice(environment, home, ticker), ticker);
        store.readFirst();
        return store;
    }

    /** A store whose access never changes. */
    public static AccessStore fixed(ApiAccess access, Ticker ticker) {
        AccessStore store = new AccessStore(rejected -> new AccessReader.Reading(access, Optional.empty()), ticker);
        store.readFirst();
        return store;
    }

    private void readFirst() {
        try {
            reading = reader.read(false);
        } catch (AccessException failure) {
            if (failure.isPermanent()) {
                throw new IllegalArgumentException("Access to the API server: " + failure.getMessage() + ".");
            }
            // The next request fails with this reason.
            LOG.debugf("No access to the API server yet: %s", failure.getMessage());
            namespaceAtStart = namespaceAlone();
        }
    }

    private Optional<String> namespaceAlone() {
        try {
            return reader.namespace();
        } catch (AccessException unknown) {
            return Optional.empty();
        }
    }

    /** The namespace that our pod, or the kubeconfig's context, is in; empty if nothing says so. */
    public Optional<String> namespace() {
        AccessReader.@Nullable Reading known = reading;
        return known == null ? namespaceAtStart : known.access().namespace();
    }

    /**
     * The namespace of a Lease that is said to be in none: {@link #namespace}, or else {@value #DEFAULT_NAMESPACE}.
     *
     * @param foundLate called, each time it is read, with another one that is found when the access can be read at
     *     last; that access is not used, since a Lease in the namespace that was answered here is not the one that is
     *     meant
     */
    public String leaseNamespace(Consumer<String> foundLate) {
        String assumed = namespace().orElse(DEFAULT_NAMESPACE);
        namespaceCheck = found -> {
            if (!found.equals(assumed)) {
                foundLate.accept(found);
            }
            return found.equals(assumed);
        };
        return assumed;
    }

    /** The address of the API server, for people. */
    String server() {
        AccessReader.@Nullable Reading known = reading;
        return known == null ? "" : known.access().server().toString();
    }

    /** The current access: at once, unless none could be read yet. Fails with an {@link ApiException}. */
    CompletableFuture<ApiAccess> current() {
        AccessReader.@Nullable Reading known = reading;
        if (known == null) {
            return look(false);
        }
        if (isDue(known)) {
            var unused = look(false);
        }
        return CompletableFuture.completedFuture(known.access());
    }

    private boolean isDue(AccessReader.Reading known) {
        long since = ticker.nanoTime() - readNanos;
        return since >= LOOK_AGAIN.toNanos()
                || (since >= AGAIN_AFTER_FAILURE.toNanos()
                        && known.renewAt()
                                .map(at -> !ticker.wallTime().isBefore(at))
                                .orElse(false));
    }

    /**
     * The access to use after the API server rejected {@code rejected}: a new one, or the same one if there is no
     * other.
     */
    CompletableFuture<ApiAccess> insteadOf(ApiAccess rejected) {
        AccessReader.@Nullable Reading known = reading;
        return known != null && !known.access().equals(rejected)
                ? CompletableFuture.completedFuture(known.access())
                : look(true);
    }

    private synchronized CompletableFuture<ApiAccess> look(boolean rejected) {
        if (looking != null && !looking.isDone()) {
            return looking;
        }
        CompletableFuture<ApiAccess> look = new CompletableFuture<>();
        looking = look;
        try {
            executor.execute(() -> read(look, rejected));
        } catch (RejectedExecutionException closed) {
            look.completeExceptionally(failure("this process is ending"));
        }
        return look;
    }

    private void read(CompletableFuture<ApiAccess> look, boolean rejected) {
        try {
            AccessReader.Reading fresh = reader.read(rejected);
            AccessReader.@Nullable Reading before = reading;
            if (before == null
                    && !namespaceCheck.test(fresh.access().namespace().orElse(DEFAULT_NAMESPACE))) {
                failed(look, "its namespace was not known at the start");
                return;
            }
            reading = fresh;
            readNanos = ticker.nanoTime();
            if (problem.ended()) {
                LOG.infof("LE-223 The access to the API server is readable again: %s.", fresh.access());
            } else if (before != null && !before.access().equals(fresh.access())) {
                LOG.debugf("The access to the API server has changed: %s", fresh.access());
            }
            look.complete(fresh.access());
        } catch (AccessException failure) {
            failed(look, String.valueOf(failure.getMessage()));
        } catch (RuntimeException bug) {
            failed(look, ForeignText.of(bug));
        }
    }

    private void failed(CompletableFuture<ApiAccess> look, String why) {
        readNanos = ticker.nanoTime();
        AccessReader.@Nullable Reading before = reading;
        if (before == null) {
            look.completeExceptionally(failure(why));
            return;
        }
        if (problem.occurred(why)) {
            LOG.warnf("LE-222 The access to the API server cannot be read anew: %s; what was read last is used.", why);
        }
        look.complete(before.access());
    }

    private static ApiException failure(String why) {
        return new ApiException(ApiException.NO_ANSWER, "No API server can be asked: " + why + ".", null);
    }

    /** Ends its thread. */
    @Override
    public void close() {
        executor.shutdownNow();
    }
}
