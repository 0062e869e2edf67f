package io.github.leaderelector.kubernetes;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.github.leaderelector.CollectedLog;
import io.github.leaderelector.leadership.ManualTicker;
import io.github.leaderelector.leadership.Ticker;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.SynchronousQueue;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class AccessStoreTest {

    private static final Duration PATIENCE = Duration.ofSeconds(30);
    private static final String CONTEXT = """
            current-context: c
            contexts: [{name: c, context: {cluster: c, user: u, namespace: ns}}]
            clusters: [{name: c, cluster: {server: "https://x"}}]
            """;
    private static final ApiAccess OLD = Fixtures.access("https://x", "old");
    private static final ApiAccess NEW = Fixtures.access("https://x", "new");

    @TempDir
    private Path folder;

    private final ManualTicker ticker = new ManualTicker();
    private final SynchronousQueue<Object> readings = new SynchronousQueue<>();

    /** Reads what the test hands over, when it does. */
    private AccessReader.Reading read(boolean rejected) throws AccessException {
        try {
            Object next = readings.poll(PATIENCE.toSeconds(), TimeUnit.SECONDS);
            if (next instanceof AccessException failure) {
                throw failure;
            }
            return new AccessReader.Reading((ApiAccess) next, Optional.empty());
        } catch (InterruptedException interrupted) {
            throw AccessException.passing("interrupted");
        }
    }

    /** E3, E7: however long it takes to read credentials anew, the old ones are in force meanwhile. */
    @Test
    void whoAsksDoesNotWaitWhileItIsReadAnew() throws Exception {
        try (AccessStore store = new AccessStore(this::read, ticker)) {
            begin(store);
            ticker.advance(Duration.ofMinutes(1));

            assertThat(store.current()).isCompletedWithValue(OLD);
            assertThat(store.current()).isCompletedWithValue(OLD);
            CompletableFuture<ApiAccess> fresh = store.insteadOf(OLD);
            readings.offer(NEW, PATIENCE.toSeconds(), TimeUnit.SECONDS);

            assertThat(fresh).succeedsWithin(PATIENCE).isEqualTo(NEW);
            assertThat(store.current()).isCompletedWithValue(NEW);
            assertThat(store.insteadOf(OLD)).isCompletedWithValue(NEW);
        }
    }

    /** E8: a kubeconfig that is half-written while we lead. */
    @Test
    void whatCannotBeReadAnewStaysAsItWasAndIsSaidOnce() throws Exception {
        try (AccessStore store = new AccessStore(this::read, ticker);
                CollectedLog log = new CollectedLog(AccessStore.class)) {
            begin(store);
            for (int time = 0; time < 2; time++) {
                CompletableFuture<ApiAccess> same = store.insteadOf(OLD);
                readings.offer(AccessException.passing("'f' is not valid YAML: line 3"), 30, TimeUnit.SECONDS);
                assertThat(same).succeedsWithin(PATIENCE).isEqualTo(OLD);
            }
            CompletableFuture<ApiAccess> fresh = store.insteadOf(OLD);
            readings.offer(NEW, 30, TimeUnit.SECONDS);
            assertThat(fresh).succeedsWithin(PATIENCE).isEqualTo(NEW);

            assertThat(log.lines())
                    .containsExactly(
                            "WARN LE-222 The access to the API server cannot be read anew: 'f' is not valid YAML:"
                                    + " line 3; what was read last is used.",
                            "INFO LE-223 The access to the API server is readable again: https://x from context 'c'"
                                    + " of '/home/me/.kube/config'.");
        }
    }

    private void begin(AccessStore store) throws InterruptedException {
        CompletableFuture<ApiAccess> first = store.current();
        readings.offer(OLD, PATIENCE.toSeconds(), TimeUnit.SECONDS);
        assertThat(first).succeedsWithin(PATIENCE).isEqualTo(OLD);
    }

    /** D6: a kubeconfig that is missing. */
    @Test
    void withoutAnyConfigurationItIsToldWhatWasLookedFor() throws Exception {
        Path missing = folder.resolve("missing");
        try (AccessStore store = AccessStore.of(Map.of("KUBECONFIG", missing.toString()), folder, Ticker.system())) {
            assertThat(store.current())
                    .failsWithin(PATIENCE)
                    .withThrowableThat()
                    .havingRootCause()
                    .withMessage(
                            "No API server can be asked: there is no kubeconfig at '" + missing
                                    + "', which KUBECONFIG names, and this is no pod, since KUBERNETES_SERVICE_HOST is not set.");
            Files.writeString(missing, """
                    current-context: c
                    contexts: [{name: c, context: {cluster: c, namespace: ns}}]
                    clusters: [{name: c, cluster: {server: "https://x"}}]
                    """);
            assertThat(store.current()).succeedsWithin(PATIENCE);
            assertThat(store.namespace()).hasValue("ns");
        }
    }

    /** The Lease was looked for in 'default'; other replicas, started later, would lead in 'ns'. */
    @Test
    void anAccessThatIsReadableLateIsNotUsedForANamespaceThatItDoesNotMean() throws Exception {
        Path file = folder.resolve("config");
        List<String> late = new CopyOnWriteArrayList<>();
        try (AccessStore store = AccessStore.of(Map.of("KUBECONFIG", file.toString()), folder, Ticker.system())) {
            assertThat(store.leaseNamespace(late::add)).isEqualTo("default");
            Files.writeString(file, CONTEXT + "users: [{name: u, user: {token: t}}]\n");

            assertThat(store.current())
                    .failsWithin(PATIENCE)
                    .withThrowableThat()
                    .havingRootCause()
                    .withMessage("No API server can be asked: its namespace was not known at the start.");
            assertThat(late).containsExactly("ns");
        }
    }

    @Test
    void anAccessThatIsReadableLateIsUsedIfItsNamespaceIsTheOneOfTheStart() throws Exception {
        Path file = folder.resolve("config");
        List<String> late = new CopyOnWriteArrayList<>();
        try (AccessStore store = AccessStore.of(Map.of("KUBECONFIG", file.toString()), folder, Ticker.system())) {
            assertThat(store.leaseNamespace(late::add)).isEqualTo("default");
            Files.writeString(file, CONTEXT.replace("ns", "default") + "users: [{name: u, user: {token: t}}]\n");

            assertThat(store.current()).succeedsWithin(PATIENCE);
            assertThat(late).isEmpty();
        }
    }

    /** As when a program for credentials fails while the network is not there yet. */
    @Test
    void theNamespaceIsKnownBeforeThereAreCredentials() throws Exception {
        Path file =
                Files.writeString(folder.resolve("config"), CONTEXT + "users: [{name: u, user: {tokenFile: token}}]\n");
        List<String> late = new CopyOnWriteArrayList<>();
        try (AccessStore store = AccessStore.of(Map.of("KUBECONFIG", file.toString()), folder, Ticker.system())) {
            assertThat(store.leaseNamespace(late::add)).isEqualTo("ns");
            Files.writeString(folder.resolve("token"), "t");

            assertThat(store.current()).succeedsWithin(PATIENCE);
            assertThat(late).isEmpty();
        }
    }

    /** E5: refused at the start. */
    @Test
    void whatIsNotSupportedIsRefusedAtTheStart() throws Exception {
        Path file = Files.writeString(folder.resolve("config"), """
                current-context: c
                contexts: [{name: c, context: {cluster: c, user: u}}]
                clusters: [{name: c, cluster: {server: "https://x"}}]
                users: [{name: u, user: {auth-provider: {name: gcp}}}]
                """);
        Map<String, String> environment = Map.of("KUBECONFIG", file.toString());

        assertThatThrownBy(() -> AccessStore.of(environment, folder, Ticker.system()))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessage("Access to the API server: 'auth-provider' of user 'u' in '" + file
                        + "' is not supported; use exec.");
    }

    /** E4. */
    @Test
    void anEntryOfNoProxyThatCannotBeUnderstoodIsNamed() {
        try (CollectedLog log = new CollectedLog(AccessStore.class);
                AccessStore store = AccessStore.of(Map.of("NO_PROXY", "a,10.0.0.0/99"), folder, Ticker.system())) {
            assertThat(log.lines())
                    .contains("WARN LE-221 NO_PROXY has the entry '10.0.0.0/99', which is no host, address or network;"
                            + " it is skipped.");
            assertThat(store.namespace()).isEmpty();
        }
    }
}
