package io.github.leaderelector.election;

import java.time.Duration;
import org.jspecify.annotations.Nullable;

/** A request to the API server that was refused, failed, or was not answered in time. */
public final class LeaseApiException extends RuntimeException {

    private static final long serialVersionUID = 1L;

    /** {@link #status} of a request that got no HTTP answer. */
    public static final int NO_ANSWER = 0;

    private final int status;
    private final @Nullable Duration retryAfter;

    /**
     * @param status the HTTP status, or {@link #NO_ANSWER}
     * @param message one sentence for the user
     * @param retryAfter how long the server asks to wait; null when it does not
     */
    public LeaseApiException(int status, String message, @Nullable Duration retryAfter) {
        super(message, null, false, false);
        this.status = status;
        this.retryAfter = retryAfter;
    }

    /** The HTTP status, or {@link #NO_ANSWER}. */
    public int status() {
        return status;
    }

    /** How long the server asks to wait; null when it does not. */
    public @Nullable Duration retryAfter() {
        return retryAfter;
    }

    /** Whether the Lease was not as the request expected: changed meanwhile, or there already. */
    public boolean conflict() {
        return status == 409;
    }

    /** Whether the Lease, or its namespace, was not there. */
    public boolean notFound() {
        return status == 404;
    }

    /** Whether permission is missing. */
    public boolean forbidden() {
        return status == 403;
    }

    /** Whether the write is sure not to have gone through. */
    public boolean refused() {
        return status >= 400 && status < 500;
    }

    /** The failure in {@code thrown}, which a future may have wrapped. */
    static LeaseApiException from(Throwable thrown) {
        Throwable cause = thrown;
        while (cause instanceof java.util.concurrent.CompletionException
                || cause instanceof java.util.concurrent.ExecutionException) {
            Throwable inner = cause.getCause();
            if (inner == null) {
                break;
            }
            cause = inner;
        }
        if (cause instanceof LeaseApiException known) {
            return known;
        }
        String what = cause.getMessage() == null ? cause.getClass().getSimpleName() : cause.getMessage();
        return new LeaseApiException(NO_ANSWER, what, null);
    }
}
