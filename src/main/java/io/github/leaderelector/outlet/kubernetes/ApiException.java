package io.github.leaderelector.outlet.kubernetes;

import java.io.IOException;
import java.net.HttpURLConnection;

/** A request that the API server refused or did not answer. */
final class ApiException extends IOException {

    /** Instead of a status: there was no answer. */
    static final int NO_ANSWER = 0;

    private static final int UNPROCESSABLE = 422;
    private static final int TOO_MANY_REQUESTS = 429;

    private static final long serialVersionUID = 1L;

    private final int code;

    /**
     * @param code the HTTP status, or {@link #NO_ANSWER}
     * @param why a part of a sentence for people, without a full stop
     */
    ApiException(int code, String why) {
        super(why);
        this.code = code;
    }

    int code() {
        return code;
    }

    /** Whether it is certain that nothing was changed, and of no use to ask the same again soon. */
    boolean refused() {
        return code >= HttpURLConnection.HTTP_BAD_REQUEST
                && code < HttpURLConnection.HTTP_INTERNAL_ERROR
                && code != HttpURLConnection.HTTP_CLIENT_TIMEOUT
                && code != TOO_MANY_REQUESTS;
    }

    boolean forbidden() {
        return code == HttpURLConnection.HTTP_FORBIDDEN;
    }

    /** Whether what was meant is not there: nothing has its name, or something of another uid. */
    boolean gone() {
        return code == HttpURLConnection.HTTP_NOT_FOUND || code == UNPROCESSABLE;
    }
}
