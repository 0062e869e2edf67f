package io.github.leaderelector.config;

import java.io.IOException;
import java.net.InetAddress;
import java.net.UnknownHostException;
import java.nio.file.Files;
import java.nio.file.Path;

/** The hostname as the command {@code hostname} prints it, which in a pod is the pod's name. */
final class Hostname {

    private static final Path KERNEL = Path.of("/proc/sys/kernel/hostname");

    private Hostname() {}

    /** Reads it from the kernel, without DNS; empty if this machine has none. */
    static String read() {
        try {
            return Files.readString(KERNEL).strip();
        } catch (IOException notLinux) {
            try {
                return InetAddress.getLocalHost().getHostName();
            } catch (UnknownHostException none) {
                return "";
            }
        }
    }
}
