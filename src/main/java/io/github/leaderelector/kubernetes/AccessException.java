package io.github.leaderelector.kubernetes;

/** The configured access to the API server cannot be read; the message is one sentence for people. */
final class AccessException extends Exception {

    private static final long serialVersionUID = 1L;

    private final boolean permanent;

    private AccessException(String message, boolean permanent) {
        super(message, null, false, false);
        this.permanent = permanent;
    }

    /** A problem that may end by itself, such as a file that does not exist yet or is half-written. */
    static AccessException passing(String message) {
        return new AccessException(message, false);
    }

    /** A problem that only people can solve, such as a field that is not supported. */
    static AccessException permanent(String message) {
        return new AccessException(message, true);
    }

    boolean isPermanent() {
        return permanent;
    }
}
