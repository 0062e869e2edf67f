package io.github.leaderelector.kubernetes;

/** An open watch. */
public interface ApiWatch extends AutoCloseable {

    /** Who is told what it sees; calls come one after the other, on an event loop. */
    interface Listener {

        /** One event, in JSON as the API server sends it. */
        void event(String json);

        /**
         * The watch has ended; told once, unless it was closed by us.
         *
         * @param why a sentence for people
         */
        void ended(String why);
    }

    /** Closes it; events already under way may still come. */
    @Override
    void close();
}
