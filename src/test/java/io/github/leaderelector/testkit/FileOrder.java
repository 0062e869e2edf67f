package io.github.leaderelector.testkit;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.ClosedWatchServiceException;
import java.nio.file.Path;
import java.nio.file.StandardWatchEventKinds;
import java.nio.file.WatchEvent;
import java.nio.file.WatchKey;
import java.nio.file.WatchService;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;

/**
 * Follows the file system's notifications of one folder with all leader files in it: their order is the kernel's, so
 * that not even the shortest overlap is missed. Safe for use by many threads.
 */
public final class FileOrder implements AutoCloseable {

    /**
     * More than one file at one instant.
     *
     * @param nanos when this was learnt, soon after it was so
     * @param replicas whose files
     */
    public record Together(long nanos, Set<String> replicas) {}

    private final Map<Path, String> replicas;
    private final WatchService service;
    private final Set<String> present = new TreeSet<>();
    private final List<Together> together = new ArrayList<>();
    private boolean complete = true;

    /**
     * Begins to follow.
     *
     * @param folder holds no leader file yet
     * @param replicas the replica's name by the name of its file
     */
    public FileOrder(Path folder, Map<Path, String> replicas) {
        this.replicas = Map.copyOf(replicas);
        try {
            service = folder.getFileSystem().newWatchService();
            folder.register(service, StandardWatchEventKinds.ENTRY_CREATE, StandardWatchEventKinds.ENTRY_DELETE);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        FaultProxy.daemon("file-order", this::follow);
    }

    private void follow() {
        try {
            while (true) {
                WatchKey key = service.take();
                key.pollEvents().forEach(this::note);
                key.reset();
            }
        } catch (InterruptedException | ClosedWatchServiceException over) {
            // Nobody asks any more.
        }
    }

    private synchronized void note(WatchEvent<?> event) {
        if (event.kind() == StandardWatchEventKinds.OVERFLOW) {
            complete = false;
            return;
        }
        String replica = replicas.get(event.context());
        if (replica == null) {
            return;
        }
        if (event.kind() == StandardWatchEventKinds.ENTRY_DELETE) {
            present.remove(replica);
        } else if (present.add(replica) && present.size() > 1) {
            together.add(new Together(System.nanoTime(), Set.copyOf(present)));
        }
    }

    /** Every time that more than one file was there. */
    public synchronized List<Together> together() {
        return List.copyOf(together);
    }

    /** Whether no notification was lost. */
    public synchronized boolean complete() {
        return complete;
    }

    @Override
    public void close() {
        FaultProxy.closeQuietly(service);
    }
}
