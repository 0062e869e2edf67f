/**
 * Leadership as numbers for Prometheus.
 *
 * <p>This room guarantees that gauges are computed at the moment of the scrape. It does not guarantee that every change
 * is counted when there were more between two tellings than the hub remembers.
 */
@NullMarked
package io.github.leaderelector.outlet.metrics;

import org.jspecify.annotations.NullMarked;
