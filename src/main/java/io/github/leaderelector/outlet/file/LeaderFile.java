package io.github.leaderelector.outlet.file;

import io.github.leaderelector.config.Settings;
import io.github.leaderelector.leadership.Claim;
import io.github.leaderelector.leadership.Leadership;
import io.github.leaderelector.leadership.LeadershipHub;
import io.github.leaderelector.leadership.LeadershipObserver;
import io.github.leaderelector.leadership.Phase;
import io.github.leaderelector.leadership.Ticker;
import io.github.leaderelector.leadership.Vital;
import io.github.leaderelector.text.ForeignText;
import jakarta.inject.Inject;
import jakarta.inject.Singleton;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.AccessDeniedException;
import java.nio.file.DirectoryNotEmptyException;
import java.nio.file.FileSystemException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.FileTime;
import java.nio.file.attribute.PosixFileAttributes;
import java.nio.file.attribute.PosixFilePermission;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Instant;
import java.util.Arrays;
import java.util.Optional;
import java.util.Set;
import java.util.function.BooleanSupplier;
import org.jboss.logging.Logger;
import org.jspecify.annotations.Nullable;

/**
 * The leader file: holds our identity, without a line break, while this replica leads, and does not exist otherwise.
 *
 * <p>A follower keeps the file ready under another name in the same directory, so that taking the lead is one rename.
 * The modification time is when the last renewal was sent: the beginning of what is left of the claim. What somebody
 * else does to the file is undone the next time we are told, at most a second later.
 *
 * <p>Everything but {@link #failure} is for one thread at a time.
 */
@Singleton
public final class LeaderFile implements LeadershipObserver, Vital {

    private static final Logger LOG = Logger.getLogger(LeaderFile.class);
    private static final Set<PosixFilePermission> MODE = PosixFilePermissions.fromString("rw-r--r--");

    private final @Nullable Path file;
    private final byte[] content;
    private final BooleanSupplier leads;
    private final Ticker ticker;

    /** Whether the prepared file was written to the end. */
    private boolean prepared;

    /** Whether we have put the file in place and not removed it since. */
    private boolean published;

    private boolean writeFails;
    private long toldRenewalNanos;
    private volatile @Nullable String removeFailure;

    /** The leader file that the settings name; does nothing if they name none. */
    @Inject
    public LeaderFile(Settings settings, LeadershipHub hub, Ticker ticker) {
        this(settings.leaderFile().orElse(null), settings.identity(), hub::leads, ticker);
    }

    /**
     * @param file where, absolute; null for nowhere
     * @param identity what to write into it
     * @param leads whether this process leads at the moment of asking
     * @param ticker for the modification time
     */
    LeaderFile(@Nullable Path file, String identity, BooleanSupplier leads, Ticker ticker) {
        this.file = file;
        this.content = identity.getBytes(StandardCharsets.UTF_8);
        this.leads = leads;
        this.ticker = ticker;
    }

    /**
     * Removes what an earlier process of ours has left behind: the file, and the one kept ready.
     *
     * @throws IOException if that failed, with one sentence for people as its message
     */
    public void removeStale() throws IOException {
        if (file != null) {
            follow(file, Phase.RESIGNED);
        }
    }

    /** One sentence that says why the file is still there though it must not be; empty if it is not. */
    @Override
    public Optional<String> failure() {
        return Optional.ofNullable(removeFailure);
    }

    /**
     * Makes the file exist, or not.
     *
     * @throws IOException if the file must not exist, but cannot be removed. A file that cannot be written is logged
     *     instead: to wait for it would help nobody.
     */
    @Override
    public void onLeadership(Leadership leadership) throws IOException {
        if (file == null) {
            return;
        }
        Claim claim = leadership.claim();
        if (claim != null && leads.getAsBoolean()) {
            lead(file, claim);
        } else {
            follow(file, leadership.phase());
        }
    }

    private void lead(Path file, Claim claim) throws IOException {
        boolean renamed = false;
        try {
            if (published && isIntact(file)) {
                if (toldRenewalNanos != claim.sent().nanos()) {
                    touch(file, claim.sent().wall());
                }
            } else {
                renamed = publish(file, claim);
            }
            toldRenewalNanos = claim.sent().nanos();
            writeSucceeded(file);
        } catch (IOException failure) {
            writeFailed(file, failure);
        }
        // Looked at last: this process may have been frozen at any instruction above.
        if (!leads.getAsBoolean()) {
            remove(file);
        } else if (renamed) {
            syncDirectory(file);
        }
    }

    private void follow(Path file, Phase phase) throws IOException {
        boolean removed = remove(file);
        try {
            if (phase == Phase.RESIGNED) {
                discardPrepared(file);
            } else if (!removed && !isPrepared(file)) {
                // Not in the same telling as the removal, because whoever waits to release the Lease
                // must not wait for a disk to sync.
                prepare(file);
                writeSucceeded(file);
            }
        } catch (IOException failure) {
            writeFailed(file, failure);
        }
    }

    /** Puts the prepared file in place; false if the claim ended before that. */
    private boolean publish(Path file, Claim claim) throws IOException {
        if (!isPrepared(file)) {
            prepare(file);
        }
        Path ready = preparedFor(file);
        touch(ready, claim.sent().wall());
        if (!leads.getAsBoolean()) {
            return false;
        }
        Files.move(ready, file, StandardCopyOption.ATOMIC_MOVE);
        published = true;
        prepared = false;
        return true;
    }

    /** Whether the file is as we made it, whatever others may have done. */
    private boolean isIntact(Path file) throws IOException {
        try {
            PosixFileAttributes found =
                    Files.readAttributes(file, PosixFileAttributes.class, LinkOption.NOFOLLOW_LINKS);
            return found.isRegularFile()
                    && found.size() == content.length
                    && found.permissions().equals(MODE)
                    && Arrays.equals(Files.readAllBytes(file), content);
        } catch (NoSuchFileException gone) {
            return false;
        }
    }

    private boolean isPrepared(Path file) {
        return prepared && Files.exists(preparedFor(file), LinkOption.NOFOLLOW_LINKS);
    }

    private void prepare(Path file) throws IOException {
        Path unfinished = unfinishedFor(file);
        discardPrepared(file);
        try (FileChannel channel =
                FileChannel.open(unfinished, StandardOpenOption.CREATE_NEW, StandardOpenOption.WRITE)) {
            ByteBuffer rest = ByteBuffer.wrap(content);
            while (rest.hasRemaining()) {
                channel.write(rest);
            }
            Files.setPosixFilePermissions(unfinished, MODE);
            channel.force(true);
        }
        // The same calls as in publish: a JVM's first calls take far longer than all later ones.
        touch(unfinished, ticker.wallTime());
        Files.move(unfinished, preparedFor(file), StandardCopyOption.ATOMIC_MOVE);
        prepared = true;
    }

    private void discardPrepared(Path file) throws IOException {
        prepared = false;
        Files.deleteIfExists(unfinishedFor(file));
        Files.deleteIfExists(preparedFor(file));
    }

    private static Path unfinishedFor(Path file) {
        return file.resolveSibling("." + file.getFileName() + ".unfinished");
    }

    private static Path preparedFor(Path file) {
        return file.resolveSibling("." + file.getFileName() + ".prepared");
    }

    private static void touch(Path path, Instant modified) throws IOException {
        Files.setLastModifiedTime(path, FileTime.from(modified));
    }

    private static void syncDirectory(Path file) {
        Path directory = file.getParent();
        if (directory == null) {
            return;
        }
        try (FileChannel channel = FileChannel.open(directory, StandardOpenOption.READ)) {
            channel.force(true);
        } catch (IOException notSupportedHere) {
            LOG.debugf("The directory '%s' cannot be synced: %s", directory, notSupportedHere);
        }
    }

    /** Whether there was something to remove. */
    private boolean remove(Path file) throws IOException {
        try {
            boolean removed = Files.deleteIfExists(file);
            published = false;
            removeFailure = null;
            return removed;
        } catch (IOException failure) {
            String sentence = "The leader file '"
                    + file
                    + "' cannot be removed, though this replica does not lead: "
                    + why(failure)
                    + ".";
            removeFailure = sentence;
            // Logged by the hub, once.
            throw new IOException(sentence, failure);
        }
    }

    private void writeFailed(Path file, IOException failure) {
        if (!writeFails) {
            writeFails = true;
            LOG.errorf(
                    "LE-301 The leader file '%s' cannot be written: %s. Until it can, nobody who reads it learns that"
                            + " this replica leads.",
                    file, why(failure));
        }
    }

    private void writeSucceeded(Path file) {
        if (writeFails) {
            writeFails = false;
            LOG.infof("LE-302 The leader file '%s' can be written again.", file);
        }
    }

    private static String why(IOException failure) {
        if (failure instanceof NoSuchFileException) {
            return "its directory does not exist";
        }
        if (failure instanceof AccessDeniedException) {
            return "permission denied";
        }
        if (failure instanceof DirectoryNotEmptyException) {
            return "a directory that is not empty is in its place";
        }
        return failure instanceof FileSystemException f && f.getReason() != null
                ? ForeignText.of(f.getReason())
                : ForeignText.of(failure);
    }
}
