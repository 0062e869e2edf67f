package io.github.leaderelector.outlet.service;

/**
 * Whose an EndpointSlice is: of which Lease and which tenure. It lies in annotations of the slice.
 *
 * @param lease {@code namespace/name}
 * @param token the tenure's fencing token; greater than 0
 */
record Mark(String lease, long token) {}
