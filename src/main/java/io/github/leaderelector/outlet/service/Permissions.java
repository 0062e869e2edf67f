package io.github.leaderelector.outlet.service;

import io.github.leaderelector.kubernetes.AccessReview;
import io.github.leaderelector.kubernetes.ApiClient;
import io.github.leaderelector.kubernetes.ApiRequest;
import io.github.leaderelector.kubernetes.ApiResponse;
import io.github.leaderelector.leadership.Ticker;
import io.github.leaderelector.text.ForeignText;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.CompletableFuture;
import org.jboss.logging.Logger;
import org.jspecify.annotations.Nullable;

/**
 * Asks the API server, a second after the start, whether this replica has the permissions of a leader, and logs the
 * missing ones; otherwise only a leader would notice. For one thread at a time.
 */
final class Permissions {

    private static final Logger LOG = Logger.getLogger(LeaderService.class);

    private static final Duration DELAY = Duration.ofSeconds(1);
    private static final Duration ASK_AGAIN = Duration.ofMinutes(1);
    private static final String SLICES = "endpointslices";
    private static final String SLICES_GROUP = "discovery.k8s.io";

    private final ApiClient api;
    private final String namespace;
    private final List<Rule> rules;
    private final Ticker ticker;
    private volatile long nextNanos;
    private volatile boolean answered;

    /**
     * A rule that the Role must have.
     *
     * @param group the API group
     * @param name the name of the one object; null for all
     */
    private record Rule(
            String group, String resource, @Nullable String name, List<String> verbs) {

        /** The rule as text, for a Role. */
        String text(String verbs) {
            return AccessReview.rule(group, resource, verbs) + (name == null ? "" : ", resourceNames [" + name + "]");
        }
    }

    /** @param podIps the addresses of our pod, which determine the slices; empty if they are not known yet */
    Permissions(ApiClient api, String namespace, String service, List<String> podIps, Ticker ticker) {
        this.api = api;
        this.namespace = namespace;
        this.rules = rules(service, podIps);
        this.ticker = ticker;
        this.nextNanos = ticker.nanoTime() + DELAY.toNanos();
    }

    private static List<Rule> rules(String service, List<String> podIps) {
        Set<Family> families = new TreeSet<>(podIps.stream().map(Family::of).toList());
        if (families.isEmpty()) {
            families.add(Family.IPV4);
        }
        List<Rule> rules = new ArrayList<>(List.of(
                new Rule("", "services", service, List.of("get")),
                new Rule("", "pods", null, List.of("get")),
                new Rule(SLICES_GROUP, SLICES, null, List.of("create", "list", "watch"))));
        families.forEach(family ->
                rules.add(new Rule(SLICES_GROUP, SLICES, family.sliceName(service), List.of("get", "update"))));
        return List.copyOf(rules);
    }

    /** Asks, if it is due and was not answered yet. Does not block. */
    void check() {
        if (!answered && ticker.nanoTime() - nextNanos >= 0) {
            nextNanos = ticker.nanoTime() + ASK_AGAIN.toNanos();
            rules.forEach(this::check);
        }
    }

    private void check(Rule rule) {
        List<CompletableFuture<Boolean>> answers =
                rule.verbs().stream().map(verb -> allowed(rule, verb)).toList();
        var unused = CompletableFuture.allOf(answers.toArray(CompletableFuture<?>[]::new))
                .whenComplete((done, thrown) -> {
                    if (thrown != null) {
                        LOG.debugf("Permissions cannot be checked: %s", ForeignText.of(thrown));
                        return;
                    }
                    answered = true;
                    List<String> missing = rule.verbs().stream()
                            .filter(verb ->
                                    !answers.get(rule.verbs().indexOf(verb)).join())
                            .toList();
                    if (!missing.isEmpty()) {
                        String list = String.join(", ", missing);
                        LOG.warnf(
                                "LE-513 Not allowed to %s %s in namespace '%s', which LEADER_SERVICE needs; add to the Role of"
                                        + " this ServiceAccount: %s.",
                                list, rule.resource(), namespace, rule.text(list));
                    }
                });
    }

    private CompletableFuture<Boolean> allowed(Rule rule, String verb) {
        String question = AccessReview.question(verb, rule.group(), rule.resource(), namespace, rule.name())
                .toString();
        return api.send(ApiRequest.post(
                        "ask whether we may " + verb + " " + rule.resource(), AccessReview.PATH, question))
                .thenApply(ApiResponse::json)
                .thenApply(AccessReview::allows);
    }
}
