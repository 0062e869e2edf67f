package io.github.leaderelector.config;

/**
 * A label of a pod.
 *
 * @param key its key, with the prefix if it has one
 * @param value its value
 */
public record PodLabel(String key, String value) {

    /** As in {@code kubectl}: {@code key=value}. */
    @Override
    public String toString() {
        return key + "=" + value;
    }
}
