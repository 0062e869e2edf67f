package io.github.leaderelector.config;

/** How log lines are written. */
public enum LogFormat {
    /** For people. */
    TEXT,
    /** For machines: a JSON object on each line. */
    JSON,
}
