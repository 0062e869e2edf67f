package io.github.leaderelector.election;

import io.fabric8.kubernetes.api.model.OwnerReference;
import io.fabric8.kubernetes.api.model.OwnerReferenceBuilder;
import io.fabric8.kubernetes.api.model.PartialObjectMetadata;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.http.HttpResponse;
import io.github.leaderelector.leadership.LeaseRef;
import java.io.ByteArrayInputStream;
import java.net.HttpURLConnection;
import java.time.Duration;
import java.util.Locale;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.Executor;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/**
 * Finds the topmost controller of our pod, such as the Deployment of its ReplicaSet, at the API server: one request for
 * the pod and for each controller, of which only the metadata are read.
 *
 * <p>Controllers of kinds that are not Kubernetes' own are taken as topmost without being read: nobody knows their
 * path, and hardly anybody lets us read them.
 */
final class WorkloadLookup implements LeaseOwner.Lookup {

    /** Else a pod comes with all that is in it. */
    private static final String METADATA =
            "application/json;as=PartialObjectMetadata;g=meta.k8s.io;v=v1,application/json";

    private final KubernetesClient client;
    private final LeaseRef lease;
    private final String namespace;
    private final String podName;
    private final Duration requestTimeout;
    private final Executor executor;

    /**
     * @param client without retries of its own
     * @param podName our pod, in the namespace of {@code client}, or else in that of the Lease
     * @param executor where requests are made and answers read, off the election's own threads
     */
    WorkloadLookup(
            KubernetesClient client, LeaseRef lease, String podName, Duration requestTimeout, Executor executor) {
        this.client = client;
        @Nullable String own = client.getNamespace();
        this.namespace = own == null || own.isBlank() ? lease.namespace() : own;
        this.lease = lease;
        this.podName = podName;
        this.requestTimeout = requestTimeout;
        this.executor = executor;
    }

    @Override
    public CompletableFuture<LeaseOwner.Answer> find() {
        if (!namespace.equals(lease.namespace())) {
            // Kubernetes would look for the owner beside the Lease, not find it there, and delete the Lease.
            return none("It is in namespace '" + lease.namespace() + "', this pod in '" + namespace
                    + "', and an owner has to be in the same namespace.");
        }
        return CompletableFuture.completedFuture(podName)
                .thenComposeAsync(name -> metadata("v1", "Pod", name), executor)
                .thenCompose(pod -> pod.isEmpty()
                        ? none("There is no pod '" + podName + "' in namespace '" + namespace
                                + "'; set POD_NAME to this pod's name.")
                        : topmost(pod.get()));
    }

    private CompletableFuture<LeaseOwner.Answer> topmost(PartialObjectMetadata pod) {
        return controllerOf(pod)
                .map(this::topmost)
                .orElseGet(() -> none("Nothing controls pod '" + podName + "', and a pod is no owner for it."));
    }

    private CompletableFuture<LeaseOwner.Answer> topmost(OwnerReference controller) {
        if (!isOfKubernetes(controller.getApiVersion())) {
            return found(controller);
        }
        return metadata(controller.getApiVersion(), controller.getKind(), controller.getName())
                .thenCompose(object -> object.isEmpty()
                                || !controller
                                        .getUid()
                                        .equals(object.get().getMetadata().getUid())
                        ? CompletableFuture.completedFuture(new LeaseOwner.Answer.Gone())
                        : controllerOf(object.get()).map(this::topmost).orElseGet(() -> found(controller)));
    }

    private static Optional<OwnerReference> controllerOf(PartialObjectMetadata object) {
        return object.getMetadata().getOwnerReferences().stream()
                .filter(owner -> Boolean.TRUE.equals(owner.getController()))
                // Of a static pod, which belongs to no workload.
                .filter(owner -> !owner.getKind().equals("Node"))
                .findFirst();
    }

    private static boolean isOfKubernetes(String apiVersion) {
        return apiVersion.equals("v1") || apiVersion.startsWith("apps/") || apiVersion.startsWith("batch/");
    }

    private static CompletableFuture<LeaseOwner.Answer> found(OwnerReference controller) {
        // Not as its controller: the Lease is none of its making. And its deletion need not wait for the Lease.
        return CompletableFuture.completedFuture(new LeaseOwner.Answer.Found(new OwnerReferenceBuilder(controller)
                .withController(null)
                .withBlockOwnerDeletion(null)
                .build()));
    }

    private static CompletableFuture<LeaseOwner.Answer> none(String why) {
        return CompletableFuture.completedFuture(new LeaseOwner.Answer.None(why));
    }

    /** The metadata of an object; empty if there is none. Fails with a {@link LeaseApiException}. */
    private CompletableFuture<Optional<PartialObjectMetadata>> metadata(String apiVersion, String kind, String name) {
        // So it is for all workloads that Kubernetes has.
        String resource = kind.toLowerCase(Locale.ROOT) + "s";
        String master = client.getMasterUrl().toString();
        String uri = (master.endsWith("/") ? master : master + "/")
                + (apiVersion.contains("/") ? "apis/" : "api/")
                + apiVersion
                + "/namespaces/"
                + namespace
                + "/"
                + resource
                + "/"
                + name;
        return client.getHttpClient()
                .sendAsync(
                        client.getHttpClient()
                                .newHttpRequestBuilder()
                                .uri(uri)
                                .header("Accept", METADATA)
                                .timeout(requestTimeout.toMillis(), TimeUnit.MILLISECONDS)
                                .build(),
                        byte[].class)
                .orTimeout(requestTimeout.toMillis(), TimeUnit.MILLISECONDS)
                .exceptionallyCompose(thrown -> CompletableFuture.failedFuture(new LeaseApiException(
                        LeaseApiException.NO_ANSWER,
                        "The API server did not answer (get " + resource + " '" + name + "').",
                        null)))
                .thenApplyAsync(answer -> read(answer, apiVersion, resource, name), executor);
    }

    private Optional<PartialObjectMetadata> read(
            HttpResponse<byte[]> answer, String apiVersion, String resource, String name) {
        if (answer.code() == HttpURLConnection.HTTP_NOT_FOUND) {
            return Optional.empty();
        }
        if (!answer.isSuccessful()) {
            throw new CompletionException(new LeaseApiException(
                    answer.code(),
                    answer.code() == HttpURLConnection.HTTP_FORBIDDEN
                            ? forbidden(apiVersion, resource)
                            : "The API server answered " + answer.code() + " (get " + resource + " '" + name + "').",
                    null));
        }
        return Optional.of(client.getKubernetesSerialization()
                .unmarshal(new ByteArrayInputStream(answer.body()), PartialObjectMetadata.class));
    }

    private String forbidden(String apiVersion, String resource) {
        int slash = apiVersion.indexOf('/');
        String group = slash < 0 ? "''" : apiVersion.substring(0, slash);
        return "Not allowed to get " + resource + " in namespace '" + namespace
                + "'; add to the Role of this ServiceAccount: apiGroups [" + group + "], resources [" + resource
                + "], verbs [get].";
    }
}
