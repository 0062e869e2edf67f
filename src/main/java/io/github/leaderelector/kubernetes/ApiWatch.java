package io.github.leaderelector.kubernetes;

/** An open watch. */
public interface ApiWatch extends AutoCloseable {

    /** Receives the events of a watch, one after the other, on an event loop. */
    interface Listener {

        /** One event, in JSON as the API server sends it. */
        void event(String json);

        /**
         * The watch has ended. Called once, but not after {@link ApiWatch#close}.
         *
         * @param why a sentence for people
         */
        void ended(String why);
    }

    /** Closes the watch; events that are under way may still arrive. */
    @Override
    void close();
}
