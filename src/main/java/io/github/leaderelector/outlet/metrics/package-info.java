/**
 * Metrics for Prometheus.
 *
 * <p>This package guarantees that gauges are computed at the moment of the scrape. It does not guarantee that every
 * change is counted if more changes happen between two calls than the hub remembers.
 */
@NullMarked
package io.github.leaderelector.outlet.metrics;

import org.jspecify.annotations.NullMarked;
