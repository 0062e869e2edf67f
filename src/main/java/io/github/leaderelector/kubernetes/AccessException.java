package io.github.leaderelector.kubernetes;

/** The way to the API server cannot be read from where it is configured; the message is one sentence for people. */
final class AccessException extends Exception {

    private static final long serialVersionUID = 1L;

    private final boolean permanent;

    private AccessException(String message, boolean permanent) {
        super(message, null, false, false);
        this.permanent = permanent;
    }

    /** What may be well later, such as a file that is not there yet or half-written. */
    static AccessException passing(String message) {
        return new AccessException(message, false);
    }

    /** What only people can change, such as a field that is not supported. */
    static AccessException permanent(String message) {
        return new AccessException(message, true);
    }

    boolean isPermanent() {
        return permanent;
    }
}
