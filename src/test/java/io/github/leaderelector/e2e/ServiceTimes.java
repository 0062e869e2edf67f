package io.github.leaderelector.e2e;

import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.api.model.discovery.v1.Endpoint;
import io.fabric8.kubernetes.api.model.discovery.v1.EndpointSlice;
import io.fabric8.kubernetes.client.Watch;
import io.fabric8.kubernetes.client.Watcher;
import io.fabric8.kubernetes.client.WatcherException;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.time.Instant;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.NavigableSet;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentSkipListSet;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import java.util.function.BiConsumer;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * When each part of the way from the leader's pod to the Service's clients changed over, as seen from outside: the pod,
 * the EndpointSlice, and, where kube-proxy's metrics are within reach, its rules. Safe for use by many threads.
 */
final class ServiceTimes implements AutoCloseable {

    private static final String LABEL = "leader-elector.github.io/role";
    private static final URI KUBE_PROXY = URI.create("http://127.0.0.1:10249/metrics");
    private static final Pattern LAST_SYNC =
            Pattern.compile("(?m)^kubeproxy_sync_proxy_rules_last_timestamp_seconds(?:\\{[^}]*})? (\\S+)$");

    private final Sign sign;
    // Both clocks, read together: watches and answers go by the one, kube-proxy by the other.
    private final long originNanos = System.nanoTime();
    private final double originSeconds = System.currentTimeMillis() / 1e3;
    // Of each pod, the times at which it was seen so.
    private final Map<String, NavigableSet<Long>> chosen = new ConcurrentHashMap<>();
    private final Map<String, NavigableSet<Long>> dropped = new ConcurrentHashMap<>();
    private final Map<String, NavigableSet<Long>> inSlice = new ConcurrentHashMap<>();
    private final NavigableSet<Long> empty = new ConcurrentSkipListSet<>();
    private final NavigableSet<Long> syncs = new ConcurrentSkipListSet<>();
    private final HttpClient http = HttpClient.newHttpClient();
    private final ScheduledExecutorService clock = Executors.newSingleThreadScheduledExecutor();
    private final List<Watch> watches;

    /** By what the cluster knows the leader's pod. */
    enum Sign {
        LABEL,
        READINESS,
        /** By nothing: the leader itself writes the EndpointSlice. */
        NONE,
    }

    /** Begins to watch. */
    ServiceTimes(Cluster cluster, String service, Sign sign) {
        this.sign = sign;
        this.watches = List.of(
                cluster.client().pods().inNamespace(cluster.namespace()).watch(watcher(this::podSeen)),
                cluster.client()
                        .discovery()
                        .v1()
                        .endpointSlices()
                        .inNamespace(cluster.namespace())
                        .withLabel("kubernetes.io/service-name", service)
                        .watch(watcher(this::sliceSeen)));
        // Not more often: kube-proxy writes its rules once a second at most, and the page of its metrics is long.
        var unused = clock.scheduleWithFixedDelay(this::askKubeProxy, 0, 300, TimeUnit.MILLISECONDS);
    }

    private void podSeen(Watcher.Action action, Pod pod) {
        String name = pod.getMetadata().getName();
        boolean isChosen = sign == Sign.LABEL
                ? "leader".equals(pod.getMetadata().getLabels().get(LABEL))
                : pod.getStatus().getConditions().stream()
                        .anyMatch(c ->
                                c.getType().equals("Ready") && c.getStatus().equals("True"));
        note(isChosen && action != Watcher.Action.DELETED ? chosen : dropped, name);
    }

    private void sliceSeen(Watcher.Action action, EndpointSlice slice) {
        List<Endpoint> ready = slice.getEndpoints().stream()
                .filter(e -> Boolean.TRUE.equals(e.getConditions().getReady()))
                .toList();
        ready.forEach(e -> note(inSlice, e.getTargetRef().getName()));
        if (ready.isEmpty()) {
            empty.add(System.nanoTime());
        }
    }

    private static void note(Map<String, NavigableSet<Long>> times, String pod) {
        times.computeIfAbsent(pod, first -> new ConcurrentSkipListSet<>()).add(System.nanoTime());
    }

    private void askKubeProxy() {
        try {
            Matcher last = LAST_SYNC.matcher(
                    http.send(HttpRequest.newBuilder(KUBE_PROXY).build(), HttpResponse.BodyHandlers.ofString())
                            .body());
            while (last.find()) {
                syncs.add(nanos(Double.parseDouble(last.group(1))));
            }
        } catch (IOException elsewhere) {
            // Another proxy, or another node: that part stays unknown.
        } catch (InterruptedException over) {
            Thread.currentThread().interrupt();
        }
    }

    /**
     * What happened when, counted from the last answer of {@code old} as the leader.
     *
     * @param last when that answer came
     * @param leads when {@code next} began to lead, by its log
     */
    String of(String old, String next, long last, Instant leads) {
        Long slice = first(inSlice.get(next), last);
        String led = "the new one led %s, the EndpointSlice had it %s, kube-proxy %s"
                .formatted(
                        after(last, nanos(leads.toEpochMilli() / 1e3)),
                        after(last, slice),
                        after(last, slice == null ? null : syncs.ceiling(slice)));
        return sign == Sign.NONE
                ? led
                : "the old pod lost the %1$s %2$s, the new one got it %3$s; %4$s"
                        .formatted(
                                sign.name().toLowerCase(Locale.ROOT),
                                after(last, first(dropped.get(old), last)),
                                after(last, first(chosen.get(next), last)),
                                led);
    }

    /** How often the Service was seen without any pod. */
    int timesWithoutPod() {
        return empty.size();
    }

    private static @Nullable Long first(@Nullable NavigableSet<Long> times, long last) {
        return times == null ? null : times.ceiling(last);
    }

    /** By {@link System#nanoTime}, of the seconds of the wall clock. */
    private long nanos(double seconds) {
        return originNanos + (long) ((seconds - originSeconds) * 1e9);
    }

    private static String after(long begin, @Nullable Long time) {
        return time == null ? "at an unknown time" : "at %+d ms".formatted((time - begin) / 1_000_000);
    }

    private static <T> Watcher<T> watcher(BiConsumer<Watcher.Action, T> seen) {
        return new Watcher<>() {
            @Override
            public void eventReceived(Action action, T object) {
                seen.accept(action, object);
            }

            @Override
            public void onClose(WatcherException cause) {}
        };
    }

    @Override
    public void close() {
        watches.forEach(Watch::close);
        clock.shutdownNow();
    }
}
