package io.github.leaderelector.testkit;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;

/**
 * Sends signals through one shell that waits for orders, because starting a {@code kill} each time would blur the
 * moment of the signal by milliseconds. Safe for use by many threads.
 */
final class Signals implements AutoCloseable {

    private final Process shell;
    private final OutputStream orders;
    private final BufferedReader answers;

    Signals() {
        try {
            shell = new ProcessBuilder("sh", "-c", "while read -r signal pid; do kill -$signal $pid; echo $?; done")
                    .redirectError(ProcessBuilder.Redirect.DISCARD)
                    .start();
            orders = shell.getOutputStream();
            answers = shell.inputReader(StandardCharsets.US_ASCII);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /**
     * Sends {@code signal} to the process {@code pid}; returns when the kernel has taken it.
     *
     * @return false when there is no such process
     */
    synchronized boolean send(String signal, long pid) {
        try {
            orders.write((signal + " " + pid + "\n").getBytes(StandardCharsets.US_ASCII));
            orders.flush();
            return "0".equals(answers.readLine());
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    @Override
    public void close() {
        FaultProxy.closeQuietly(orders);
        shell.destroy();
    }
}
