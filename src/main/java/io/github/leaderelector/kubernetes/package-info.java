/**
 * The one way to the API server: where it is, by which credentials, requests, watches, and what it answered.
 *
 * <p>Guarantees: no method that asks the API server blocks; every request ends within its time limit; what failed is an
 * {@link io.github.leaderelector.kubernetes.ApiException} in the other side's own words, without a secret in it. Advice
 * is added only where the answer proves that it helps. Each user has a client of its own, so that nobody waits for
 * another's connections. Knows neither the election nor any outlet.
 */
@NullMarked
package io.github.leaderelector.kubernetes;

import org.jspecify.annotations.NullMarked;
