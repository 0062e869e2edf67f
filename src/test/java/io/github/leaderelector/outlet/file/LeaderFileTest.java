package io.github.leaderelector.outlet.file;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatCode;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.github.leaderelector.CollectedLog;
import io.github.leaderelector.leadership.LeadershipHub;
import io.github.leaderelector.leadership.LeaseRef;
import io.github.leaderelector.leadership.ManualTicker;
import io.github.leaderelector.leadership.Observation;
import io.github.leaderelector.leadership.ObservedLease;
import io.github.leaderelector.leadership.Reason;
import io.github.leaderelector.testkit.Programs;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.FileSystemException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Stream;
import org.assertj.core.api.InstanceOfAssertFactories;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.function.Executable;
import org.junit.jupiter.api.io.TempDir;

class LeaderFileTest {

    private static final Duration RENEW_DEADLINE = Duration.ofSeconds(10);

    @TempDir
    Path directory;

    private final ManualTicker ticker = new ManualTicker();
    private final LeadershipHub hub =
            new LeadershipHub("pod-a", new LeaseRef("prod", "app-lock"), RENEW_DEADLINE, ticker);
    private final CollectedLog log = new CollectedLog(LeaderFile.class);
    private long version;
    private Path path;
    private Path prepared;
    private LeaderFile file;

    /** A file system in which time passes, or a call fails. */
    private class Place extends FilePlace {

        Place() {
            super(path, "pod-a");
        }

        final void theClaimEnds() {
            ticker.advance(RENEW_DEADLINE);
        }
    }

    @BeforeEach
    void create() {
        path = directory.resolve("leader_status");
        prepared = directory.resolve(".leader_status.prepared");
        file = at(new FilePlace(path, "pod-a"));
    }

    @AfterEach
    void stopLogging() {
        log.close();
    }

    @Test
    void aFollowerHasNoFileButOneReadyToBeRenamed() throws IOException {
        tell();

        assertThat(entries()).containsExactly(prepared);
        assertThat(prepared).hasContent("pod-a");
    }

    @Test
    void theFileContainsOnlyTheIdentityAndAllUsersCanReadIt() throws IOException {
        tell();
        lead();
        tell();

        assertThat(entries()).containsExactly(path);
        assertThat(Files.readString(path)).isEqualTo("pod-a");
        assertThat(PosixFilePermissions.toString(Files.getPosixFilePermissions(path)))
                .isEqualTo("rw-r--r--");
    }

    @Test
    void takingTheLeadIsARenameOfWhatWasPrepared() throws IOException {
        tell();
        Object inode = Files.getAttribute(prepared, "unix:ino");
        lead();
        tell();

        assertThat(Files.getAttribute(path, "unix:ino")).isEqualTo(inode);
    }

    @Test
    void takesTheLeadEvenIfNothingWasPrepared() throws IOException {
        lead();
        tell();

        assertThat(path).hasContent("pod-a");
    }

    @Test
    void takesTheLeadEvenIfSomebodyRemovedWhatWasPrepared() throws IOException {
        tell();
        Files.delete(prepared);
        lead();
        tell();

        assertThat(path).hasContent("pod-a");
    }

    @Test
    void theFileGoesWhenTheClaimEndsAndOneIsMadeReadyAtTheNextTick() throws IOException {
        lead();
        tell();
        ticker.advance(RENEW_DEADLINE);

        tell();
        assertThat(entries()).isEmpty();

        tell();
        assertThat(entries()).containsExactly(prepared);
    }

    @Test
    void whoHasResignedLeavesNothingBehind() throws IOException {
        tell();
        hub.observe(new Observation.ResignRequested(new Reason(Reason.Code.SHUTDOWN, "Stopping.")));
        tell();

        assertThat(entries()).isEmpty();
    }

    @Test
    void theModificationTimeIsWhenTheLastRenewalWasSent() throws IOException {
        tell();
        ticker.advance(Duration.ofSeconds(100));
        lead();
        ticker.advance(Duration.ofSeconds(3));
        tell();
        assertThat(modified()).isEqualTo(Duration.ofSeconds(100));

        ticker.advance(Duration.ofSeconds(1));
        tell();
        assertThat(modified()).isEqualTo(Duration.ofSeconds(100));

        lead();
        ticker.advance(Duration.ofSeconds(2));
        tell();
        assertThat(modified()).isEqualTo(Duration.ofSeconds(104));
    }

    @Test
    void aDeletedFileIsRepaired() throws IOException {
        lead();
        tell();
        Files.delete(path);

        tell();

        assertThat(path).hasContent("pod-a");
    }

    @Test
    void anEditedFileIsRepaired() throws IOException {
        lead();
        tell();
        Files.writeString(path, "pod-b");
        tell();
        assertThat(path).hasContent("pod-a");

        Files.writeString(path, "pod-a\n");
        tell();
        assertThat(Files.readString(path)).isEqualTo("pod-a");

        Files.setPosixFilePermissions(path, PosixFilePermissions.fromString("rw-------"));
        tell();
        assertThat(PosixFilePermissions.toString(Files.getPosixFilePermissions(path)))
                .isEqualTo("rw-r--r--");
    }

    @Test
    void aSymbolicLinkInTheFilesPlaceIsReplacedAndItsTargetLeftAlone() throws IOException {
        Path elsewhere = Files.writeString(directory.resolve("elsewhere"), "pod-a");
        lead();
        tell();
        Files.delete(path);
        Files.createSymbolicLink(path, elsewhere);

        tell();
        assertThat(path).isRegularFile().hasContent("pod-a");
        assertThat(Files.isSymbolicLink(path)).isFalse();

        Files.delete(path);
        Files.createSymbolicLink(path, elsewhere);
        ticker.advance(RENEW_DEADLINE);
        tell();
        assertThat(path).doesNotExist();
        assertThat(elsewhere).exists();
    }

    @Test
    void aFileThatSomebodyMadeWhileWeFollowIsRemoved() throws IOException {
        tell();
        Files.writeString(path, "pod-a");

        tell();

        assertThat(path).doesNotExist();
    }

    @Test
    void whatAnEarlierProcessLeftBehindIsRemoved() throws IOException {
        Files.writeString(path, "pod-a");
        Files.writeString(prepared, "pod-a");
        Files.writeString(directory.resolve(".leader_status.unfinished"), "po");

        tell();
        assertThat(path).doesNotExist();

        tell();
        assertThat(entries()).containsExactly(prepared);
        assertThat(prepared).hasContent("pod-a");
    }

    @Test
    void aPreparedFileOfAnEarlierProcessIsNotUsed() throws IOException {
        Files.writeString(prepared, "pod-z");
        lead();
        tell();

        assertThat(path).hasContent("pod-a");
    }

    @Test
    void aClaimThatEndsJustBeforeTheRenameMakesNoFile() throws IOException {
        lead();
        file = at(new Place() {
            @Override
            void touchPrepared(Instant modified) throws IOException {
                super.touchPrepared(modified);
                theClaimEnds();
            }

            @Override
            void publish() {
                throw new AssertionError("must not be put in place");
            }
        });

        tell();

        assertThat(path).doesNotExist();
    }

    @Test
    void aClaimThatEndsDuringTheRenameLeavesNoFile() throws IOException {
        lead();
        file = at(new Place() {
            @Override
            void publish() throws IOException {
                super.publish();
                theClaimEnds();
            }
        });

        tell();

        assertThat(entries()).isEmpty();
    }

    @Test
    void aClaimThatEndsWhileTheFileIsLookedAtLeavesNoFile() throws IOException {
        file = at(new Place() {
            @Override
            boolean isIntact() throws IOException {
                boolean intact = super.isIntact();
                if (intact) {
                    theClaimEnds();
                }
                return intact;
            }
        });
        lead();
        tell();
        assertThat(path).exists();

        tell();

        assertThat(path).doesNotExist();
    }

    @Test
    void aFileThatCannotBeRemovedIsVitalAndIsTriedAgain() throws IOException {
        lead();
        tell();
        obstruct();
        ticker.advance(RENEW_DEADLINE);
        String sentence = "The leader file '"
                + path
                + "' cannot be removed, though this replica does not lead: a directory that is not"
                + " empty is in its place.";
        assertThat(file.failure()).isEmpty();

        for (int tick = 0; tick < 3; tick++) {
            assertThatThrownBy(this::tell).isInstanceOf(IOException.class).hasMessage(sentence);
            assertThat(file.failure()).contains(sentence);
        }

        clear();
        tell();
        assertThat(file.failure()).isEmpty();
    }

    @Test
    void aStaleFileThatCannotBeRemovedIsVital() throws IOException {
        obstruct();

        assertThatThrownBy(this::tell).isInstanceOf(IOException.class).hasMessageContaining("cannot be removed");
        assertThat(file.failure()).isPresent();
    }

    /** Row A2 of the faults: the removal never returns. */
    @Test
    void aFileSystemThatDoesNotAnswerIsVitalByTheClockAlone() throws IOException {
        tell();
        lead();
        tell();
        ticker.advance(RENEW_DEADLINE);
        ticker.advance(Duration.ofSeconds(100));
        assertThat(file.failure()).as("the end is noticed just now").isEmpty();

        ticker.advance(Duration.ofMillis(999));
        assertThat(file.failure()).isEmpty();

        ticker.advance(Duration.ofSeconds(11));
        seeHolder("pod-b");
        assertThat(file.failure())
                .contains("This replica was told 11 s ago not to lead, and the leader file '" + path
                        + "' is still there: the file system does not answer.");
        for (int tick = 0; tick < 3; tick++) {
            file.logHang(hub.current());
            ticker.advance(Duration.ofSeconds(1));
        }
        assertThat(log.lines())
                .containsExactly("ERROR LE-303 This replica was told 11 s ago not to lead, and the leader file '" + path
                        + "' is still there: the file system does not answer.");

        tell();
        assertThat(file.failure()).isEmpty();
        file.logHang(hub.current());
        assertThat(log.lines()).hasSize(1);
    }

    /** Row A2 of the faults: the rename hangs until the claim has ended, so that nobody knows whether it was made. */
    @Test
    void aRenameThatHangsBeyondTheClaimIsVital() throws IOException {
        List<Optional<String>> meanwhile = new ArrayList<>();
        file = at(new Place() {
            @Override
            void publish() throws IOException {
                theClaimEnds();
                hub.current();
                ticker.advance(Duration.ofSeconds(2));
                meanwhile.add(file.failure());
                super.publish();
            }
        });
        tell();
        lead();
        tell();

        assertThat(meanwhile)
                .singleElement(InstanceOfAssertFactories.optional(String.class))
                .get(InstanceOfAssertFactories.STRING)
                .startsWith("This replica was told 2 s ago not to lead");
        assertThat(path).doesNotExist();
        assertThat(file.failure()).isEmpty();
    }

    /** Row A2 of the faults: what an earlier process left behind is a sign, too. */
    @Test
    void aFileSystemThatDoesNotAnswerAtTheStartIsVital() {
        assertThat(file.failure()).isEmpty();

        ticker.advance(Duration.ofSeconds(3));

        assertThat(file.failure()).get().asString().startsWith("This replica was told 3 s ago not to lead");
    }

    @Test
    void whoLeadsOrHasRemovedItsFileIsWellHoweverLongTheFileSystemTakes() throws IOException {
        tell();
        ticker.advance(Duration.ofHours(1));
        assertThat(file.failure()).isEmpty();

        lead();
        ticker.advance(RENEW_DEADLINE.minusNanos(1));
        assertThat(file.failure()).isEmpty();
    }

    /** Row A6 of the faults. */
    @Test
    @Timeout(10)
    void whatSomebodyPutsInTheFilesPlaceIsReplacedWithoutBeingOpened() throws IOException {
        lead();
        tell();
        for (Executable swap : List.<Executable>of(
                () -> Programs.run(List.of(Programs.need("mkfifo").toString(), path.toString()), "", Map.of()),
                () -> Files.createSymbolicLink(path, Path.of("/dev/zero")),
                () -> Files.createSymbolicLink(path, Path.of("/dev/tty")),
                () -> {
                    try (FileChannel huge = FileChannel.open(
                            path, StandardOpenOption.CREATE_NEW, StandardOpenOption.WRITE, StandardOpenOption.SPARSE)) {
                        huge.write(ByteBuffer.wrap(new byte[] {1}), 1L << 40);
                    }
                },
                () -> Files.writeString(path, "pod-a"))) {
            Files.delete(path);
            assertThatCode(swap::execute).doesNotThrowAnyException();
            Object stranger = Files.getAttribute(path, "unix:ino", LinkOption.NOFOLLOW_LINKS);

            lead();
            tell();

            assertThat(path).isRegularFile().hasContent("pod-a");
            assertThat(Files.getAttribute(path, "unix:ino", LinkOption.NOFOLLOW_LINKS))
                    .isNotEqualTo(stranger);
        }
        Files.delete(path);
        assertThat(Programs.run(List.of(Programs.need("mkfifo").toString(), path.toString()), "", Map.of())
                        .status())
                .isZero();
        ticker.advance(RENEW_DEADLINE);
        tell();
        assertThat(path).doesNotExist();
        assertThat(file.failure()).isEmpty();
    }

    /** Row E12 of the faults: another user's file in a directory with the sticky bit. */
    @Test
    void aFileThatBelongsToAnotherIsToldOnceWithItsOwnerAndLivenessSaysWhatHttpSays() throws IOException {
        Files.writeString(path, "pod-z");
        file = at(new Place() {
            @Override
            boolean remove() throws IOException {
                throw notPermitted();
            }

            @Override
            void publish() throws IOException {
                throw notPermitted();
            }

            private FileSystemException notPermitted() {
                return new FileSystemException(path.toString(), null, "Operation not permitted");
            }
        });
        String why = "Operation not permitted (what is in its place belongs to user '"
                + Files.getOwner(path).getName() + "')";

        assertThatThrownBy(this::tell)
                .hasMessage("The leader file '" + path + "' cannot be removed, though this replica does not lead: "
                        + why + ".");
        assertThat(file.failure()).get().asString().contains(why);

        lead();
        for (int tick = 0; tick < 3; tick++) {
            tell();
            assertThat(file.failure()).as("it leads").isEmpty();
        }
        assertThat(log.lines())
                .containsExactly("ERROR LE-301 The leader file '" + path + "' cannot be written: " + why
                        + ". Until then, its readers do not see that this replica leads.");

        ticker.advance(RENEW_DEADLINE);
        assertThat(file.failure()).get().asString().contains("though this replica does not lead: " + why);
    }

    /** Each is told of its own time: the removal failed in one tenure, and the next one has just ended. */
    @Test
    void aFailureOfAnEarlierTenureIsNotToldAgain() throws IOException {
        lead();
        tell();
        obstruct();
        ticker.advance(RENEW_DEADLINE);
        assertThatThrownBy(this::tell).isInstanceOf(IOException.class);
        clear();
        lead();
        tell();
        ticker.advance(RENEW_DEADLINE);

        assertThat(file.failure()).isEmpty();
    }

    @Test
    void aFileThatCannotBeWrittenIsLoggedOnceNotVitalAndTriedAgain() throws IOException {
        tell();
        obstruct();
        lead();
        for (int tick = 0; tick < 3; tick++) {
            tell();
        }
        assertThat(file.failure()).isEmpty();
        assertThat(log.lines())
                .singleElement()
                .asString()
                .startsWith("ERROR LE-301 The leader file '" + path + "' cannot be written: ")
                .endsWith("Until then, its readers do not see that this replica leads.");

        clear();
        tell();

        assertThat(path).hasContent("pod-a");
        assertThat(log.lines()).hasSize(2);
        assertThat(log.lines().get(1)).isEqualTo("INFO LE-302 The leader file '" + path + "' can be written again.");
    }

    @Test
    void aDirectoryThatIsGoneIsLoggedOnceAndTheFileComesWhenItIsBack() throws IOException {
        path = directory.resolve("gone").resolve("leader");
        file = at(new FilePlace(path, "pod-a"));
        tell();
        lead();
        tell();
        assertThat(log.lines())
                .containsExactly("ERROR LE-301 The leader file '"
                        + path
                        + "' cannot be written: its directory does not exist. Until then, its readers do"
                        + " not see that this replica leads.");

        Files.createDirectory(path.getParent());
        tell();

        assertThat(path).hasContent("pod-a");
    }

    @Test
    void withoutAPathItDoesNothing() throws IOException {
        file = at(null);
        ticker.advance(Duration.ofHours(1));
        tell();
        lead();
        tell();

        assertThat(entries()).isEmpty();
        assertThat(file.failure()).isEmpty();
    }

    private LeaderFile at(@Nullable FilePlace place) {
        return new LeaderFile(place, hub, ticker);
    }

    private void tell() throws IOException {
        file.onLeadership(hub.current());
    }

    private void lead() {
        version++;
        hub.observe(new Observation.WriteAcknowledged(
                new ObservedLease("pod-a", 1, version, ticker.wallTime(), ticker.nanoTime(), ticker.nanoTime()),
                ticker.now()));
    }

    private void seeHolder(String holder) {
        version++;
        hub.observe(new Observation.LeaseSeen(
                new ObservedLease(holder, 2, version, ticker.wallTime(), ticker.nanoTime(), ticker.nanoTime()),
                Observation.Writer.OTHER,
                true));
    }

    /** Puts something in the file's place that a rename cannot replace and a delete not remove. */
    private void obstruct() throws IOException {
        Files.deleteIfExists(path);
        Files.createDirectory(path);
        Files.createFile(path.resolve("obstacle"));
    }

    private void clear() throws IOException {
        Files.delete(path.resolve("obstacle"));
        Files.delete(path);
    }

    private Duration modified() throws IOException {
        return Duration.between(
                ManualTicker.START, Files.getLastModifiedTime(path).toInstant());
    }

    private List<Path> entries() throws IOException {
        try (Stream<Path> entries = Files.list(directory)) {
            return entries.toList();
        }
    }
}
