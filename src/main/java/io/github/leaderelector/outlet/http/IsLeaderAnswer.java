package io.github.leaderelector.outlet.http;

import com.fasterxml.jackson.annotation.JsonProperty;

/**
 * What {@code GET /isLeader} answers, for clients that want to know no more.
 *
 * @param isLeader whether this replica leads
 */
public record IsLeaderAnswer(@JsonProperty("isLeader") boolean isLeader) {}
