package io.github.leaderelector.outlet.kubernetes;

import io.github.leaderelector.kubernetes.ApiException;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/** The pods of one namespace, as far as one label goes. Its methods block until they are answered. */
interface Pods {

    /**
     * A pod as it was seen.
     *
     * @param uid tells it from another of the same name
     * @param version its {@code resourceVersion}
     * @param labelled whether it carries the label
     * @param mark the annotation of the same key, which says whose label it is; null if there is none
     * @param workload what controls it: the same for all pods of a Deployment, whatever their ReplicaSet; null if
     *     nothing does
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
     * @param uid of the pod that is meant, so that a namesake is left alone; null when that is not known
     * @return the pod as it is then
     */
    Pod label(String name, @Nullable String uid, String mark) throws ApiException;

    /** Takes the label and the mark off our own pod, whatever has become of it; {@code uid} as above. */
    void unlabel(String name, @Nullable String uid) throws ApiException;

    /** Takes the label and the mark off {@code pod}, unless it has changed since it was seen. */
    void unlabel(Pod pod) throws ApiException;
}
