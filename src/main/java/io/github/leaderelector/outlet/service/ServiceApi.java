package io.github.leaderelector.outlet.service;

import com.fasterxml.jackson.databind.JsonNode;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;

/**
 * The Service, its EndpointSlices and our pod, as the API server has them. Its methods do not block; what they answer
 * fails with an {@link io.github.leaderelector.kubernetes.ApiException}.
 */
interface ServiceApi {

    /** Our pod. */
    CompletableFuture<JsonNode> pod();

    /** The Service; empty if there is none. */
    CompletableFuture<Optional<JsonNode>> service();

    /**
     * All slices of the Service, those of other writers too.
     *
     * @param fresh whether they must be as they are now; else they may be as they were a moment ago, and come sooner
     */
    CompletableFuture<Listed> slices(boolean fresh);

    /**
     * The slices of the Service.
     *
     * @param version the version from which on a watch misses nothing
     */
    record Listed(List<Slice> slices, String version) {}

    /** The slice called {@code name}, whether or not it says that it is one of the Service; empty if there is none. */
    CompletableFuture<Optional<Slice>> slice(String name);

    /** Creates {@code slice}; refused with 409 if there is one of its name. */
    CompletableFuture<Slice> create(Slice slice);

    /** Replaces the slice of that name; refused with 409 if it has another version than {@code slice}. */
    CompletableFuture<Slice> replace(Slice slice);

    /** Watches all slices of the Service from {@code version} on. */
    CompletableFuture<Watch> watch(String version, WatchListener listener);

    /** An open watch. Nothing more is told after it was closed. */
    interface Watch {
        /** Ends it. */
        void close();
    }

    /** Is told what a watch sees, on any thread. */
    interface WatchListener {

        /** {@code slice} is new, or is as it is now. */
        void changed(Slice slice);

        /** {@code slice} is no longer a slice of the Service; this is its last state. */
        void gone(Slice slice);

        /** The watch has ended by itself. */
        void ended();
    }
}
