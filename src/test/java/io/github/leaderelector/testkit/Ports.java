package io.github.leaderelector.testkit;

import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.atomic.AtomicInteger;

/** Finds TCP ports on the loopback interface that stay ours while nobody listens on them. */
public final class Ports {

    // Below the range from which Linux takes the ports of outgoing connections: a listener that goes
    // away for a while finds its port free when it comes back.
    private static final int FIRST = 12_000;
    private static final int LAST = 30_000;

    // One after the other, from anywhere in this fork's part of the range: nobody is given a port that another has been
    // given and does not listen on yet.
    private static final int PART = (LAST - FIRST) / 8;
    private static final AtomicInteger NEXT = new AtomicInteger(
            Fork.number() % 8 * PART + ThreadLocalRandom.current().nextInt(PART / 2));

    private Ports() {}

    /** A port on which nobody listens, and that this process was not given before. */
    public static int free() {
        for (int attempt = 0; attempt < 1_000; attempt++) {
            int port = FIRST + NEXT.getAndIncrement() % (LAST - FIRST);
            if (isFree(port)) {
                return port;
            }
        }
        throw new IllegalStateException("No free port between " + FIRST + " and " + LAST + ".");
    }

    /** Whether nobody listens on {@code port} of the loopback interface. */
    public static boolean isFree(int port) {
        try (ServerSocket probe = new ServerSocket(port, 1, InetAddress.getLoopbackAddress())) {
            return probe.isBound();
        } catch (IOException taken) {
            return false;
        }
    }
}
