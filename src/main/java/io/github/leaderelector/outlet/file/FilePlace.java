package io.github.leaderelector.outlet.file;

import io.github.leaderelector.text.ForeignText;
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
import java.nio.file.attribute.BasicFileAttributeView;
import java.nio.file.attribute.FileTime;
import java.nio.file.attribute.PosixFileAttributes;
import java.nio.file.attribute.PosixFilePermission;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Instant;
import java.util.Arrays;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * The leader file in the file system: creates, checks and removes it.
 *
 * <p>A file that others put in its place is inspected, but never opened: it may be a FIFO, a link to a device or
 * endless. Our own file is recognized by its inode, and read through the channel that wrote it.
 *
 * <p>Nothing is synced to a disk. The file need not survive a power cut: the sidecar removes it when it starts.
 *
 * <p>For one thread at a time. Each method blocks for as long as the file system does.
 */
class FilePlace {

    private static final Set<PosixFilePermission> MODE = PosixFilePermissions.fromString("rw-r--r--");

    private final Path file;
    private final Path unfinished;
    private final Path prepared;
    private final byte[] content;

    /** Our file, under either of its names; null if there is none. */
    private @Nullable Written ours;

    /**
     * A file that is completely written.
     *
     * @param channel the channel that wrote it
     * @param inode its file system and inode
     */
    private record Written(FileChannel channel, Object inode) {}

    /**
     * @param file its absolute path
     * @param content its content
     */
    FilePlace(Path file, String content) {
        this.file = file;
        this.unfinished = file.resolveSibling("." + file.getFileName() + ".unfinished");
        this.prepared = file.resolveSibling("." + file.getFileName() + ".prepared");
        this.content = content.getBytes(StandardCharsets.UTF_8);
    }

    /** The path of the file. */
    final Path file() {
        return file;
    }

    /** Whether the file exists under its other name, so that {@link #publish} only has to rename it. */
    boolean isPrepared() throws IOException {
        return isIntact(prepared);
    }

    /**
     * Writes the file under its other name.
     *
     * @param modified its modification time
     */
    void prepare(Instant modified) throws IOException {
        discard();
        FileChannel channel = FileChannel.open(
                unfinished, StandardOpenOption.CREATE_NEW, StandardOpenOption.READ, StandardOpenOption.WRITE);
        try {
            ByteBuffer rest = ByteBuffer.wrap(content);
            while (rest.hasRemaining()) {
                channel.write(rest);
            }
            Files.setPosixFilePermissions(unfinished, MODE);
            // Makes the calls of publish once, because the first calls in a JVM take much longer than later ones.
            touch(unfinished, modified);
            Files.move(unfinished, prepared, StandardCopyOption.ATOMIC_MOVE);
            PosixFileAttributes written = attributes(prepared);
            if (written == null) {
                throw new NoSuchFileException(prepared.toString());
            }
            ours = new Written(channel, written.fileKey());
        } finally {
            if (ours == null) {
                channel.close();
            }
        }
    }

    /** Removes the prepared file, also that of an earlier process. */
    void discard() throws IOException {
        forget();
        Files.deleteIfExists(unfinished);
        Files.deleteIfExists(prepared);
    }

    /** Gives the prepared file its modification time. */
    void touchPrepared(Instant modified) throws IOException {
        touch(prepared, modified);
    }

    /** Renames the prepared file to its final name; replaces a file that is there. */
    void publish() throws IOException {
        Files.move(prepared, file, StandardCopyOption.ATOMIC_MOVE);
    }

    /** Whether the file is in place and unchanged. */
    boolean isIntact() throws IOException {
        return isIntact(file);
    }

    private boolean isIntact(Path name) throws IOException {
        PosixFileAttributes found = attributes(name);
        return found != null
                && ours != null
                && ours.inode().equals(found.fileKey())
                && found.permissions().equals(MODE)
                && found.size() == content.length
                && Arrays.equals(read(ours.channel()), content);
    }

    /** Gives the file its modification time. */
    void touch(Instant modified) throws IOException {
        touch(file, modified);
    }

    /**
     * Removes the file, also one that others put in its place.
     *
     * @return whether there was something to remove
     */
    boolean remove() throws IOException {
        if (ours != null && isOurs(attributes(file))) {
            // First, because on NFS the removal of an open file leaves another file.
            forget();
        }
        return Files.deleteIfExists(file);
    }

    /** Why the file cannot be written or removed, as a phrase to follow a colon. */
    String why(IOException failure) {
        if (failure instanceof NoSuchFileException) {
            return "its directory does not exist";
        }
        if (failure instanceof DirectoryNotEmptyException) {
            return "a directory that is not empty is in its place";
        }
        if (failure instanceof AccessDeniedException) {
            return "permission denied" + owner();
        }
        return (failure instanceof FileSystemException f && f.getReason() != null
                        ? ForeignText.of(f.getReason())
                        : ForeignText.of(failure))
                + owner();
    }

    /** The owner of the file if it is not us: in a directory with the sticky bit, only its owner may replace it. */
    private String owner() {
        try {
            PosixFileAttributes found = attributes(file);
            return found == null || isOurs(found)
                    ? ""
                    : " (what is in its place belongs to user '" + found.owner().getName() + "')";
        } catch (IOException unknown) {
            return "";
        }
    }

    private boolean isOurs(@Nullable PosixFileAttributes found) {
        return found != null && ours != null && ours.inode().equals(found.fileKey());
    }

    private void forget() throws IOException {
        Written written = ours;
        ours = null;
        if (written != null) {
            written.channel().close();
        }
    }

    /** Reads at most as many bytes as we have written. */
    private byte[] read(FileChannel channel) throws IOException {
        ByteBuffer found = ByteBuffer.allocate(content.length);
        while (found.hasRemaining() && channel.read(found, found.position()) > 0) {
            // Until the end of the file.
        }
        return Arrays.copyOf(found.array(), found.position());
    }

    private static @Nullable PosixFileAttributes attributes(Path path) throws IOException {
        try {
            return Files.readAttributes(path, PosixFileAttributes.class, LinkOption.NOFOLLOW_LINKS);
        } catch (NoSuchFileException gone) {
            return null;
        }
    }

    private static void touch(Path path, Instant modified) throws IOException {
        Files.getFileAttributeView(path, BasicFileAttributeView.class, LinkOption.NOFOLLOW_LINKS)
                .setTimes(FileTime.from(modified), null, null);
    }
}
