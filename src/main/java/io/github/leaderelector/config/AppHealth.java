package io.github.leaderelector.config;

import java.net.URI;

/**
 * The settings by which the application's health decides who leads.
 *
 * @param url the URL at which the application says that it is healthy, by a status from 200 to 299
 * @param failures how many times in a row it must fail before a leader resigns; at least 1
 * @param fallback who may lead when no replica is healthy
 */
public record AppHealth(URI url, int failures, Fallback fallback) {

    /** Who may lead when no replica is healthy. */
    public enum Fallback {
        /** No replica: better no leader than an unhealthy one. */
        NOBODY,
        /** Any replica: better an unhealthy leader than none. */
        ANYONE,
    }
}
