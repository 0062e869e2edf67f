package io.github.leaderelector.outlet.kubernetes;

import io.github.leaderelector.kubernetes.ApiException;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/** The pods of one namespace and their leader label. All methods block until the API server answers. */
interface Pods {

    /**
     * A pod as it was seen.
     *
     * @param uid tells it from another pod of the same name
     * @param version its {@code resourceVersion}
     * @param labelled whether it carries the label
     * @param mark the annotation of the same key, which names the Lease and the fencing token; null if there is none
     * @param workload its controller: the same for all pods of a Deployment, also of several ReplicaSets; null if there
     *     is none
     */
    record Pod(
            String name,
            String uid,
            String version,
            boolean labelled,
            @Nullable String mark,
            @Nullable String workload) {}

    /** The pod called {@code name}; empty if there is none. */
    Optional<Pod> find(String name) throws ApiException;

    /** All pods that carry the label. */
    List<Pod> labelled() throws ApiException;

    /**
     * Gives the pod the label and {@code mark}.
     *
     * @param uid of the pod, so that another pod of the same name is not changed; null if it is not known
     * @return the changed pod
     */
    Pod label(String name, @Nullable String uid, String mark) throws ApiException;

    /** Removes the label and the mark from our own pod, in any state; {@code uid} as above. */
    void unlabel(String name, @Nullable String uid) throws ApiException;

    /** Removes the label and the mark from {@code pod}, unless it has changed since it was seen. */
    void unlabel(Pod pod) throws ApiException;
}
