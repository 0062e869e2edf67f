package io.github.leaderelector.outlet.http;

import com.fasterxml.jackson.annotation.JsonProperty;

/**
 * The answer to {@code GET /isLeader}.
 *
 * @param isLeader whether this replica leads
 */
public record IsLeaderAnswer(@JsonProperty("isLeader") boolean isLeader) {}
