package io.github.leaderelector.kubernetes;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import org.jspecify.annotations.Nullable;

/** A SelfSubjectAccessReview: asks whether we may do something. Every authenticated client may ask it. */
final class AccessReview {

    /** The path that it is POSTed to. */
    static final String PATH = "/apis/authorization.k8s.io/v1/selfsubjectaccessreviews";

    private AccessReview() {}

    /**
     * The question.
     *
     * @param group the API group, empty for that of pods
     * @param name of one object; null for all, and for what is yet to be created, whose name Kubernetes does not know
     */
    static ObjectNode question(String verb, String group, String resource, String namespace, @Nullable String name) {
        ObjectNode review = JsonNodeFactory.instance.objectNode();
        review.put("apiVersion", "authorization.k8s.io/v1").put("kind", "SelfSubjectAccessReview");
        ObjectNode attributes = review.putObject("spec").putObject("resourceAttributes");
        attributes.put("namespace", namespace).put("resource", resource).put("verb", verb);
        if (!group.isEmpty()) {
            attributes.put("group", group);
        }
        if (name != null) {
            attributes.put("name", name);
        }
        return review;
    }

    /**
     * Whether {@code answer} allows it. An answer without a status did not come from an API server and says nothing.
     */
    static boolean allows(JsonNode answer) {
        JsonNode allowed = answer.path("status").path("allowed");
        return allowed.isMissingNode() || allowed.asBoolean();
    }
}
