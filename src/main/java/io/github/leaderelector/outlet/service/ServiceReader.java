package io.github.leaderelector.outlet.service;

import com.fasterxml.jackson.databind.JsonNode;
import io.github.leaderelector.outlet.service.ServiceApi.Listed;
import java.util.Collection;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import org.jspecify.annotations.Nullable;

/** Reads the Service, its slices and our pod, with requests that are sent at once. Has no state except settings. */
final class ServiceReader {

    private final ServiceApi api;
    private final List<String> podIps;

    /** @param podIps the addresses of our pod; empty if they are to be read from its status */
    ServiceReader(ServiceApi api, List<String> podIps) {
        this.api = api;
        this.podIps = List.copyOf(podIps);
    }

    /**
     * The result of one look.
     *
     * @param pod our pod; null if it was not read
     * @param found the route from the Service to the pod; null if it was not determined
     * @param slices the Service's slices, by name
     * @param version the version from which a watch misses nothing
     */
    record Reading(@Nullable OwnPod pod, Route.@Nullable Found found, Map<String, Slice> slices, String version) {}

    /**
     * Reads everything.
     *
     * @param known our pod as read before; null if it was not
     * @param fresh whether the slices must be current
     * @param unlisted names of slices to read one by one in addition
     */
    CompletableFuture<Reading> look(@Nullable OwnPod known, boolean fresh, Collection<String> unlisted) {
        CompletableFuture<OwnPod> pod = known != null && !known.addresses().isEmpty()
                ? CompletableFuture.completedFuture(known)
                : api.pod().thenApply(json -> OwnPod.of(json, podIps));
        CompletableFuture<Optional<JsonNode>> service = api.service();
        CompletableFuture<Reading> slices = lookAtSlices(fresh, unlisted);
        return CompletableFuture.allOf(pod, service, slices)
                .thenApply(done -> new Reading(
                        pod.join(),
                        Route.find(service.join().orElse(null), pod.join()),
                        slices.join().slices(),
                        slices.join().version()));
    }

    /** Reads the slices only. */
    CompletableFuture<Reading> lookAtSlices(boolean fresh, Collection<String> unlisted) {
        CompletableFuture<Listed> listed = api.slices(fresh);
        List<CompletableFuture<Optional<Slice>>> others =
                unlisted.stream().map(api::slice).toList();
        return CompletableFuture.allOf(others.toArray(CompletableFuture<?>[]::new))
                .thenCombine(listed, (done, seen) -> {
                    Map<String, Slice> byName = new HashMap<>();
                    others.forEach(other -> other.join().ifPresent(slice -> byName.put(slice.name(), slice)));
                    seen.slices().forEach(slice -> byName.put(slice.name(), slice));
                    return new Reading(null, null, Map.copyOf(byName), seen.version());
                });
    }
}
