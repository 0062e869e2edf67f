/**
 * The client of the API server: its address, credentials, requests, watches, and failures.
 *
 * <p>Guarantees: no method that asks the API server blocks; every request ends within its time limit; every failure is
 * an {@link io.github.leaderelector.kubernetes.ApiException} in the words of the side that refused, without secrets,
 * with advice only if the answer shows that it helps. Each user of this package has a client of its own, so that no
 * user waits for another's connections. Knows neither the election nor any outlet.
 */
@NullMarked
package io.github.leaderelector.kubernetes;

import org.jspecify.annotations.NullMarked;
