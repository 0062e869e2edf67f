package io.github.leaderelector.outlet.service;

import com.fasterxml.jackson.databind.JsonNode;
import io.github.leaderelector.kubernetes.ApiException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.function.Consumer;
import java.util.function.Function;
import java.util.function.Supplier;

/** The way from one pod to a {@link SliceStore}, in virtual time: as slow and as lossy as it is told. */
final class StoreApi implements ServiceApi {

    private static final Duration TIME_LIMIT = Duration.ofSeconds(3);

    private final VirtualTime time;
    private final SliceStore store;
    private final JsonNode pod;
    private final String service;

    /** The requests, such as {@code PUT myapp-leader-ipv4}. */
    final List<String> requests = new ArrayList<>();

    /** How the next request fares. */
    Supplier<Fate> fate = () -> Fate.AT_ONCE;

    private String refused = "";
    private int refusal;

    /** From now on requests that begin with {@code what} are refused with {@code status}. */
    void refuse(String what, int status) {
        refused = what;
        refusal = status;
    }

    /** What becomes of slices that are read on their way. */
    Function<Slice, Slice> reading = slice -> slice;

    /** Whether watches tell anything. */
    boolean watchesTell = true;

    /**
     * What becomes of a request.
     *
     * @param there how long it takes to the server; negative if it never arrives
     * @param back how long the answer takes; negative if it is lost
     * @param status with which it is refused; 0 if it is not
     */
    record Fate(Duration there, Duration back, int status) {
        static final Fate AT_ONCE = new Fate(Duration.ZERO, Duration.ZERO, 0);
    }

    StoreApi(VirtualTime time, SliceStore store, JsonNode pod, String service) {
        this.time = time;
        this.store = store;
        this.pod = pod;
        this.service = service;
    }

    @Override
    public CompletableFuture<JsonNode> pod() {
        return request("GET pod", () -> pod);
    }

    @Override
    public CompletableFuture<Optional<JsonNode>> service() {
        return request("GET service", store::service);
    }

    @Override
    public CompletableFuture<Listed> slices(boolean fresh) {
        return request(fresh ? "LIST" : "LIST any", () -> {
            Listed listed = store.list(service);
            return new Listed(listed.slices().stream().map(reading).toList(), listed.version());
        });
    }

    @Override
    public CompletableFuture<Optional<Slice>> slice(String name) {
        return request("GET " + name, () -> store.slice(name).map(reading));
    }

    @Override
    public CompletableFuture<Slice> create(Slice slice) {
        return request("POST " + slice.name(), () -> store.create(slice));
    }

    @Override
    public CompletableFuture<Slice> replace(Slice slice) {
        return request("PUT " + slice.name(), () -> store.replace(slice));
    }

    @Override
    public CompletableFuture<Watch> watch(String version, WatchListener listener) {
        return request("WATCH", () -> {
            Consumer<SliceStore.Change> watcher = change -> time.in(Duration.ofMillis(2), () -> tell(change, listener));
            store.watch(Long.parseLong(version), watcher);
            return () -> store.unwatch(watcher);
        });
    }

    private void tell(SliceStore.Change change, WatchListener listener) {
        boolean was = change.before() != null && SliceStore.isOf(change.before(), service);
        boolean is = change.after() != null && SliceStore.isOf(change.after(), service);
        if (!watchesTell) {
            return;
        }
        if (is) {
            listener.changed(reading.apply(change.after()));
        } else if (was) {
            listener.gone(change.after() == null ? change.before() : change.after());
        }
    }

    private <T> CompletableFuture<T> request(String what, Supplier<T> effect) {
        requests.add(what);
        Fate given = fate.get();
        Fate fares = refusal != 0 && what.startsWith(refused) ? new Fate(given.there(), given.back(), refusal) : given;
        CompletableFuture<T> answer = new CompletableFuture<>();
        if (!fares.there().isNegative()) {
            time.in(fares.there(), () -> arrived(fares, effect, answer));
        }
        time.in(
                TIME_LIMIT,
                () -> answer.completeExceptionally(new ApiException(ApiException.NO_ANSWER, "no answer", null)));
        return answer;
    }

    private <T> void arrived(Fate fares, Supplier<T> effect, CompletableFuture<T> answer) {
        Runnable reply;
        try {
            if (fares.status() != 0) {
                throw new ApiException(fares.status(), "status " + fares.status(), null);
            }
            T result = effect.get();
            reply = () -> answer.complete(result);
        } catch (ApiException refusal) {
            reply = () -> answer.completeExceptionally(refusal);
        }
        if (!fares.back().isNegative()) {
            time.in(fares.back(), reply);
        }
    }
}
