package io.github.leaderelector.testkit;

/** This JVM among those that run the tests of one build at one time; see forkCount in the pom. */
final class Fork {

    private Fork() {}

    /** Its number, from 1 on; 0 outside of Maven. */
    static int number() {
        return Integer.getInteger("testkit.fork", 0);
    }
}
