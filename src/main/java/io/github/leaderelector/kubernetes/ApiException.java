package io.github.leaderelector.kubernetes;

import io.github.leaderelector.text.ForeignText;
import java.net.HttpURLConnection;
import java.time.Duration;
import java.util.concurrent.CompletionException;
import java.util.concurrent.ExecutionException;
import org.jspecify.annotations.Nullable;

/**
 * A request to the API server that was refused, failed, or was not answered in time. Its message is one sentence for
 * people, bounded and without secrets.
 */
public final class ApiException extends RuntimeException {

    private static final long serialVersionUID = 1L;

    /** {@link #status} of a request that got no HTTP answer. */
    public static final int NO_ANSWER = 0;

    private static final int UNPROCESSABLE = 422;
    private static final int TOO_MANY_REQUESTS = 429;

    private final int status;
    private final @Nullable Duration retryAfter;

    /**
     * @param status the HTTP status, or {@link #NO_ANSWER}
     * @param message one sentence for the user
     * @param retryAfter how long the server asks to wait; null when it does not
     */
    public ApiException(int status, String message, @Nullable Duration retryAfter) {
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

    /** Whether the object was not as the request expected: changed meanwhile, or there already. */
    public boolean conflict() {
        return status == HttpURLConnection.HTTP_CONFLICT;
    }

    /** Whether the object, its namespace, or the whole API was not there. */
    public boolean notFound() {
        return status == HttpURLConnection.HTTP_NOT_FOUND;
    }

    /** Whether the object no longer exists: nothing has its name, or an object with another uid has it. */
    public boolean gone() {
        return notFound() || status == UNPROCESSABLE;
    }

    /** Whether it was forbidden: by missing permissions, a quota, or an admission policy. */
    public boolean forbidden() {
        return status == HttpURLConnection.HTTP_FORBIDDEN;
    }

    /** Whether it is certain that nothing was changed. */
    public boolean refused() {
        return status >= HttpURLConnection.HTTP_BAD_REQUEST
                && status < HttpURLConnection.HTTP_INTERNAL_ERROR
                && status != HttpURLConnection.HTTP_CLIENT_TIMEOUT;
    }

    /** Whether it is certain that nothing was changed, and that the same request would fail again soon. */
    public boolean refusedForGood() {
        return refused() && status != TOO_MANY_REQUESTS;
    }

    /** The failure in {@code thrown}, which a future may have wrapped. */
    public static ApiException from(Throwable thrown) {
        Throwable cause = thrown;
        while (cause instanceof CompletionException || cause instanceof ExecutionException) {
            Throwable inner = cause.getCause();
            if (inner == null) {
                break;
            }
            cause = inner;
        }
        return cause instanceof ApiException known ? known : new ApiException(NO_ANSWER, ForeignText.of(cause), null);
    }
}
