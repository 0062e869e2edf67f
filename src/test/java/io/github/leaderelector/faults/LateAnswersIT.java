package io.github.leaderelector.faults;

import static org.assertj.core.api.Assertions.assertThat;

import io.github.leaderelector.faults.BusyClient.Question;
import io.github.leaderelector.testkit.EventStreamClient;
import io.github.leaderelector.testkit.Replica;
import io.github.leaderelector.testkit.Timings;
import io.github.leaderelector.testkit.Wait;
import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.random.RandomGenerator;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

/**
 * A1: clients that ask all the time, some of them many questions at once, while the leader stands still until another
 * leads. What they read after it goes on must not say "I lead".
 */
class LateAnswersIT {

    private static final Duration STILL = Duration.ofMillis(4_200);
    private static final Duration LISTENED_TO = Duration.ofSeconds(1);

    private static Scene scene;

    @BeforeAll
    static void startReplicas() {
        scene = Scene.ofThree("late-answers", Timings.SHORT);
    }

    @AfterAll
    static void stopReplicas() {
        if (scene != null) {
            scene.close();
        }
    }

    @Test
    void aThawedProcessDoesNotAnswerThatItLeads() {
        int freezes = Form.amount("faults.late", 100, 8);
        RandomGenerator random = RandomGenerator.of("L64X128MixRandom");
        scene.begin("busy clients, SIGSTOP");
        Map<String, Integer> late = new TreeMap<>();
        int freezesWithLateAnswers = 0;
        long answers = 0;
        long asked = 0;
        for (int freeze = 0; freeze < freezes; freeze++) {
            Replica leader = scene.settle();
            List<BusyClient> clients = clientsOf(leader);
            try (Listener listener = new Listener(leader)) {
                long from = System.nanoTime();
                Wait.until(
                        Duration.ofSeconds(20),
                        () -> "Not all clients hear that " + leader.name() + " leads: " + clients,
                        () -> clients.stream().allMatch(c -> c.claims() > 0));
                // At any point of what it does.
                Wait.pass(Duration.ofNanos(
                        random.nextLong(scene.timings().retryPeriod().toNanos())));
                leader.freeze();
                answers += clients.stream().mapToLong(BusyClient::answers).sum();
                asked += System.nanoTime() - from;
                Wait.pass(STILL);
                assertThat(scene.bench().files().present())
                        .as("the frozen one's file, and that of its successor")
                        .hasSize(2);
                clients.forEach(BusyClient::nothingMoreMayClaim);
                listener.late.set(0);
                leader.thaw();
                Wait.pass(LISTENED_TO);
                clients.stream()
                        .filter(c -> c.lateClaims() > 0)
                        .forEach(c -> late.merge(c.toString(), (int) c.lateClaims(), Integer::sum));
                if (listener.late.get() > 0) {
                    late.merge("event stream", listener.late.get(), Integer::sum);
                }
                if (listener.late.get() > 0 || clients.stream().anyMatch(c -> c.lateClaims() > 0)) {
                    freezesWithLateAnswers++;
                }
            } finally {
                clients.forEach(BusyClient::close);
            }
        }
        String measured = "%d freezes of %.1f s amid %.0f answers a second: %d with a late \"I lead\"; such answers: %s"
                .formatted(
                        freezes,
                        Scene.millis(STILL) / 1_000,
                        answers / (asked / 1e9),
                        freezesWithLateAnswers,
                        late.isEmpty() ? "none" : late);
        assertThat(late).as(measured).isEmpty();
        scene.settle();
        scene.conclude("busy clients, SIGSTOP until another leads, SIGCONT", measured);
    }

    private static List<BusyClient> clientsOf(Replica leader) {
        List<BusyClient> clients = new ArrayList<>();
        for (Question question : Question.values()) {
            clients.add(new BusyClient(leader, question, 1));
        }
        clients.add(new BusyClient(leader, Question.LEADER, 16));
        clients.add(new BusyClient(leader, Question.IS_LEADER, 50));
        clients.add(new BusyClient(leader, Question.GROUP, 16));
        return clients;
    }

    /** Counts the events of one stream that say "I lead". */
    private static final class Listener implements AutoCloseable {

        private final EventStreamClient stream;
        private final AtomicInteger late = new AtomicInteger();

        Listener(Replica leader) {
            try {
                stream = new EventStreamClient(
                        leader.httpPort(), "/leader", "text/event-stream", Duration.ofSeconds(60));
            } catch (IOException e) {
                throw new IllegalStateException(e);
            }
            Thread thread = new Thread(this::listen, "listener");
            thread.setDaemon(true);
            thread.start();
        }

        private void listen() {
            try {
                for (List<String> event = stream.next(); !event.isEmpty(); event = stream.next()) {
                    if (event.get(event.size() - 1).contains("\"leader\":true")) {
                        late.incrementAndGet();
                    }
                }
            } catch (IOException lost) {
                // A stream that is lost says nothing.
            }
        }

        @Override
        public void close() {
            stream.close();
        }
    }
}
