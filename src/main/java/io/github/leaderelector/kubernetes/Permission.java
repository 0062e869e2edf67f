package io.github.leaderelector.kubernetes;

import com.fasterxml.jackson.databind.JsonNode;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.function.Function;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;

/**
 * What the Role of our ServiceAccount must allow.
 *
 * @param group the API group, empty for that of pods
 * @param resource in the plural, such as {@code leases}
 * @param name of the one object; null for all objects
 * @param verbs what is done with it
 */
public record Permission(
        String group, String resource, @Nullable String name, List<String> verbs) {

    /** Copies {@code verbs}. */
    public Permission {
        verbs = List.copyOf(verbs);
    }

    /**
     * Which of the verbs are not allowed in {@code namespace}.
     *
     * @param ask sends a SelfSubjectAccessReview and gives its answer
     */
    public CompletableFuture<List<String>> missing(
            String namespace, Function<JsonNode, CompletableFuture<JsonNode>> ask) {
        List<CompletableFuture<JsonNode>> answers = verbs.stream()
                // Kubernetes does not know the name of what is yet to be created.
                .map(verb -> ask.apply(
                        AccessReview.question(verb, group, resource, namespace, verb.equals("create") ? null : name)))
                .toList();
        return CompletableFuture.allOf(answers.toArray(CompletableFuture<?>[]::new))
                .thenApply(done -> IntStream.range(0, verbs.size())
                        .filter(i -> !AccessReview.allows(answers.get(i).join()))
                        .mapToObj(verbs::get)
                        .toList());
    }

    /** The rule of a Role that allows {@code some} of the verbs, in words. */
    public String rule(List<String> some) {
        return "apiGroups [" + (group.isEmpty() ? "''" : group) + "], resources [" + resource + "], verbs ["
                + String.join(", ", some) + "]";
    }
}
