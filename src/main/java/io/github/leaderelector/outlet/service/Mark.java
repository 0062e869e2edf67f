package io.github.leaderelector.outlet.service;

/**
 * The Lease and the tenure that an EndpointSlice was written for; stored in annotations of the slice.
 *
 * @param lease {@code namespace/name}
 * @param token the tenure's fencing token; greater than 0
 */
record Mark(String lease, long token) {}
