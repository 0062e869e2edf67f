package io.github.leaderelector.config;

import java.net.URI;

/**
 * How the application's health decides who leads.
 *
 * @param url where the application says whether it is healthy: by a status from 200 to 299
 * @param failures how many times in a row it has to fail before a leader resigns; at least 1
 * @param fallback who may lead when no replica is healthy
 */
public record AppHealth(URI url, int failures, Fallback fallback) {

    /** Who may lead when no replica is healthy. */
    public enum Fallback {
        /** Nobody: better no leader than an unhealthy one. */
        NOBODY,
        /** Anyone: better an unhealthy leader than none. */
        ANYONE,
    }
}
