package io.github.leaderelector.outlet.service;

import com.fasterxml.jackson.databind.JsonNode;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;

/**
 * Requests about the Service, its EndpointSlices and our pod. No method blocks; the futures fail with an
 * {@link io.github.leaderelector.kubernetes.ApiException}.
 */
interface ServiceApi {

    /** Our pod. */
    CompletableFuture<JsonNode> pod();

    /** The Service; empty if there is none. */
    CompletableFuture<Optional<JsonNode>> service();

    /**
     * All slices of the Service, also those of other writers.
     *
     * @param fresh whether they must be current; otherwise they may be slightly older, and arrive sooner
     */
    CompletableFuture<Listed> slices(boolean fresh);

    /**
     * The slices of the Service.
     *
     * @param version the version from which on a watch misses nothing
     */
    record Listed(List<Slice> slices, String version) {}

    /** The slice called {@code name}, even if it does not have the label of the Service; empty if there is none. */
    CompletableFuture<Optional<Slice>> slice(String name);

    /** Creates {@code slice}; refused with 409 if there is one of its name. */
    CompletableFuture<Slice> create(Slice slice);

    /** Replaces the slice of that name; refused with 409 if it has another version than {@code slice}. */
    CompletableFuture<Slice> replace(Slice slice);

    /** Watches all slices of the Service from {@code version} on. */
    CompletableFuture<Watch> watch(String version, WatchListener listener);

    /** An open watch. After {@code close}, the listener gets no further calls. */
    interface Watch {
        /** Ends it. */
        void close();
    }

    /** Receives the events of a watch, on any thread. */
    interface WatchListener {

        /** {@code slice} was created or changed; this is its current state. */
        void changed(Slice slice);

        /** {@code slice} is no longer a slice of the Service; this is its last state. */
        void gone(Slice slice);

        /** The watch has ended by itself. */
        void ended();
    }
}
