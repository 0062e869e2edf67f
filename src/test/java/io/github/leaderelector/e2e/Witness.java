package io.github.leaderelector.e2e;

import io.fabric8.kubernetes.api.model.ContainerStatus;
import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.KubernetesClientException;
import io.fabric8.kubernetes.client.dsl.LogWatch;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Queue;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * Reads along what all containers of a namespace log, with the times that the nodes gave the lines, and tells from it
 * which pods led when. Safe for use by many threads.
 *
 * <p>A pod leads, for its application, from the line {@code leads} to the next {@code follows} or {@code stopped}: see
 * {@link Workload#LOOP}, which says so up to {@link #BLUR} late.
 */
final class Witness implements AutoCloseable {

    /** How late the application may notice that its time is over, on a busy machine. */
    static final Duration BLUR = Duration.ofMillis(250);

    private static final Duration LOOK_EVERY = Duration.ofMillis(200);

    /** A line that {@code container} of {@code pod} logged. */
    record Line(Instant at, String pod, String container, String text) {}

    /** A time during which {@code pod} led, for its application; {@code to} is null while it lasts. */
    record Tenure(String pod, Instant from, @Nullable Instant to) {

        boolean overlaps(Tenure later) {
            return to == null || to.isAfter(later.from.plus(BLUR));
        }
    }

    private final KubernetesClient client;
    private final String namespace;
    private final Queue<Line> lines = new ConcurrentLinkedQueue<>();
    private final Set<String> followed = ConcurrentHashMap.newKeySet();
    private final Queue<LogWatch> logs = new ConcurrentLinkedQueue<>();
    private final Thread finder;
    private volatile boolean closed;

    Witness(Cluster cluster) {
        this.client = cluster.client();
        this.namespace = cluster.namespace();
        this.finder = daemon("witness", this::find);
    }

    private static Thread daemon(String name, Runnable work) {
        Thread thread = new Thread(work, name);
        thread.setDaemon(true);
        thread.start();
        return thread;
    }

    private void find() {
        while (!closed) {
            try {
                for (Pod pod : client.pods().inNamespace(namespace).list().getItems()) {
                    Stream.of(
                                    pod.getStatus().getInitContainerStatuses(),
                                    pod.getStatus().getContainerStatuses())
                            .flatMap(List::stream)
                            .filter(c -> c.getState().getRunning() != null)
                            .filter(c -> followed.add(c.getContainerID()))
                            .forEach(c -> daemon("log-" + c.getName(), () -> follow(pod, c)));
                }
                TimeUnit.NANOSECONDS.sleep(LOOK_EVERY.toNanos());
            } catch (KubernetesClientException busy) {
                // The next look will do.
            } catch (InterruptedException over) {
                return;
            }
        }
    }

    private void follow(Pod pod, ContainerStatus container) {
        try (LogWatch log = client.pods()
                        .inNamespace(namespace)
                        .withName(pod.getMetadata().getName())
                        .inContainer(container.getName())
                        .usingTimestamps()
                        .watchLog();
                BufferedReader in =
                        new BufferedReader(new InputStreamReader(log.getOutput(), StandardCharsets.UTF_8))) {
            logs.add(log);
            for (String line = in.readLine(); line != null; line = in.readLine()) {
                int space = line.indexOf(' ');
                if (space > 0) {
                    lines.add(new Line(
                            Instant.parse(line.substring(0, space)),
                            pod.getMetadata().getName(),
                            container.getName(),
                            line.substring(space + 1)));
                }
            }
        } catch (IOException | KubernetesClientException gone) {
            // So is the container.
        }
    }

    /** All lines so far, in the order of their times. */
    List<Line> lines() {
        return lines.stream().sorted(Comparator.comparing(Line::at)).toList();
    }

    /** The lines of {@code container} of {@code pod} that contain {@code text}. */
    List<Line> lines(String pod, String container, String text) {
        return lines().stream()
                .filter(l -> l.pod().equals(pod) && l.container().equals(container))
                .filter(l -> l.text().contains(text))
                .toList();
    }

    /** The requests that the sidecars were not allowed to make. */
    List<Line> refusals() {
        return lines().stream()
                .filter(l -> l.container().equals(Workload.SIDECAR))
                .filter(l -> l.text().contains("Not allowed") || l.text().contains("refused"))
                .toList();
    }

    /** The tenures, in the order of their beginnings. */
    List<Tenure> tenures() {
        List<Tenure> all = new ArrayList<>();
        Map<String, Instant> open = new LinkedHashMap<>();
        for (Line line : lines()) {
            if (line.text().equals("leads")) {
                open.putIfAbsent(line.pod(), line.at());
            } else if (line.text().equals("follows") || line.text().equals("stopped")) {
                Instant from = open.remove(line.pod());
                if (from != null) {
                    all.add(new Tenure(line.pod(), from, line.at()));
                }
            }
        }
        open.forEach((pod, from) -> all.add(new Tenure(pod, from, null)));
        return all.stream().sorted(Comparator.comparing(Tenure::from)).toList();
    }

    /** The tenures that began after {@code moment}. */
    List<Tenure> tenuresAfter(Instant moment) {
        return tenures().stream().filter(t -> t.from().isAfter(moment)).toList();
    }

    /** How long nobody led, before each of the tenures that began after {@code moment}. */
    List<Duration> gaps(Instant moment) {
        List<Duration> gaps = new ArrayList<>();
        List<Tenure> all = tenures();
        for (int i = 1; i < all.size(); i++) {
            Instant ended = all.get(i - 1).to();
            if (ended != null && all.get(i).from().isAfter(moment)) {
                gaps.add(Duration.between(ended, all.get(i).from()));
            }
        }
        return gaps;
    }

    /** Pairs of tenures of two pods at one time. */
    List<List<Tenure>> overlaps() {
        List<List<Tenure>> found = new ArrayList<>();
        List<Tenure> all = tenures();
        for (int i = 0; i < all.size(); i++) {
            for (Tenure later : all.subList(i + 1, all.size())) {
                if (!later.pod().equals(all.get(i).pod()) && all.get(i).overlaps(later)) {
                    found.add(List.of(all.get(i), later));
                }
            }
        }
        return found;
    }

    /** The last output of the containers, for messages. */
    String tail() {
        List<Line> all = lines();
        StringBuilder text = new StringBuilder();
        all.subList(Math.max(0, all.size() - 40), all.size())
                .forEach(l -> text.append(l.at())
                        .append(' ')
                        .append(l.pod())
                        .append(' ')
                        .append(l.container())
                        .append(": ")
                        .append(l.text())
                        .append('\n'));
        return text.toString();
    }

    @Override
    public void close() {
        closed = true;
        finder.interrupt();
        logs.forEach(LogWatch::close);
    }
}
