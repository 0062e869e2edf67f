package io.github.leaderelector.leadership;

/**
 * The name of a Lease.
 *
 * @param namespace its namespace
 * @param name its name within the namespace
 */
public record LeaseRef(String namespace, String name) {

    /** {@code namespace/name}, as {@code kubectl} and client-go print it. */
    @Override
    public String toString() {
        return namespace + "/" + name;
    }
}
