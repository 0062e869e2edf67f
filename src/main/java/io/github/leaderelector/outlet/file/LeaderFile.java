package io.github.leaderelector.outlet.file;

import io.github.leaderelector.config.Settings;
import io.github.leaderelector.leadership.Claim;
import io.github.leaderelector.leadership.Leadership;
import io.github.leaderelector.leadership.LeadershipHub;
import io.github.leaderelector.leadership.LeadershipObserver;
import io.github.leaderelector.leadership.Moment;
import io.github.leaderelector.leadership.Phase;
import io.github.leaderelector.leadership.Ticker;
import io.github.leaderelector.leadership.Transition;
import io.github.leaderelector.leadership.Vital;
import jakarta.inject.Inject;
import jakarta.inject.Singleton;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Optional;
import org.jboss.logging.Logger;
import org.jspecify.annotations.Nullable;

/**
 * The leader file: holds our identity, without a line break, while this replica leads, and does not exist otherwise.
 *
 * <p>A follower keeps the file ready under another name in the same directory, so that taking the lead is one rename.
 * The modification time is when the last renewal was sent: the beginning of what is left of the claim. What somebody
 * else does to the file is undone the next time we are told, at most a second later.
 *
 * <p>Everything but {@link #failure} and {@link #logHang} is for one thread at a time, and blocks for as long as the
 * file system does.
 */
@Singleton
public final class LeaderFile implements LeadershipObserver, Vital {

    private static final Logger LOG = Logger.getLogger(LeaderFile.class);

    /** How long a removal may take before it counts as one that hangs. */
    private static final Duration TIME_TO_REMOVE = Duration.ofSeconds(1);

    private final @Nullable FilePlace place;
    private final LeadershipHub hub;
    private final Ticker ticker;
    private final Moment made;

    /** When the write was sent whose time the file has. */
    private @Nullable Moment shown;

    private boolean writeFails;

    /** Only for {@link #logHang}. */
    private boolean hangLogged;

    /** Why it could not be removed the last time; null when it could, or was put in place since. */
    private volatile @Nullable String removeFailure;

    /** Whether we have removed the file and not put it in place since. */
    private volatile boolean gone;

    /** The leader file that the settings name; does nothing if they name none. */
    @Inject
    public LeaderFile(Settings settings, LeadershipHub hub, Ticker ticker) {
        this(
                settings.leaderFile()
                        .map(file -> new FilePlace(file, settings.identity()))
                        .orElse(null),
                hub,
                ticker);
    }

    /** @param place where; null for nowhere */
    LeaderFile(@Nullable FilePlace place, LeadershipHub hub, Ticker ticker) {
        this.place = place;
        this.hub = hub;
        this.ticker = ticker;
        this.made = ticker.now();
    }

    /**
     * One sentence that says why the file is still there though it must not be, empty if it is not. Answers from memory
     * and by the clock, since the file system may be what hangs.
     */
    @Override
    public Optional<String> failure() {
        if (place == null || gone || hub.current().claim() != null) {
            return Optional.empty();
        }
        return Optional.ofNullable(removeFailure).or(() -> hang(place.file()));
    }

    /** As {@link #failure}, for a removal that has neither succeeded nor failed yet. */
    private Optional<String> hang(Path file) {
        Duration told = ticker.now().since(toldNotToLead());
        return told.compareTo(TIME_TO_REMOVE) < 0
                ? Optional.empty()
                : Optional.of("This replica was told " + told.toSeconds() + " s ago not to lead, and the leader file '"
                        + file + "' is still there: the file system does not answer.");
    }

    /**
     * Logs {@link #failure} once, if it hangs; to be called now and then by another thread than the one that may hang.
     */
    public void logHang(Leadership leadership) {
        Optional<String> hang = removeFailure == null ? failure() : Optional.empty();
        if (hang.isPresent() && !hangLogged) {
            LOG.errorf("LE-303 %s", hang.get());
        }
        hangLogged = hang.isPresent();
    }

    private Moment toldNotToLead() {
        return hub.transitions(0).stream()
                .filter(Transition::ceased)
                .reduce((earlier, later) -> later)
                .map(Transition::at)
                .orElse(made);
    }

    /**
     * Makes the file exist, or not. The first time it also removes what an earlier process of ours has left behind.
     *
     * @throws IOException if the file must not exist, but cannot be removed. A file that cannot be written is logged
     *     instead: to wait for it would help nobody.
     */
    @Override
    public void onLeadership(Leadership leadership) throws IOException {
        if (place == null) {
            return;
        }
        Claim claim = leadership.claim();
        if (claim != null && hub.leads()) {
            lead(place, claim);
        } else {
            follow(place, leadership.phase());
        }
    }

    private void lead(FilePlace place, Claim claim) throws IOException {
        try {
            if (place.isIntact()) {
                if (!claim.sent().equals(shown)) {
                    place.touch(claim.sent().wall());
                    shown = claim.sent();
                }
                writeSucceeded(place);
            } else {
                publish(place, claim);
            }
        } catch (IOException failure) {
            writeFailed(place, failure);
        }
        // Looked at last: this process may have been frozen at any instruction above.
        if (!hub.leads()) {
            remove(place);
        }
    }

    private void follow(FilePlace place, Phase phase) throws IOException {
        boolean removed = remove(place);
        try {
            if (phase == Phase.RESIGNED) {
                place.discard();
            } else if (!removed && !place.isPrepared()) {
                // Not in the same telling as the removal, because the release of the Lease must not
                // wait for a file to be written.
                place.prepare(ticker.wallTime());
                writeSucceeded(place);
            }
        } catch (IOException failure) {
            writeFailed(place, failure);
        }
    }

    /** Puts the file in place, unless the claim has ended before that. */
    private void publish(FilePlace place, Claim claim) throws IOException {
        if (!place.isPrepared()) {
            place.prepare(claim.sent().wall());
        }
        place.touchPrepared(claim.sent().wall());
        if (hub.leads()) {
            gone = false;
            place.publish();
            removeFailure = null;
            shown = claim.sent();
            writeSucceeded(place);
        }
    }

    /** Whether there was something to remove. */
    private boolean remove(FilePlace place) throws IOException {
        try {
            boolean removed = place.remove();
            gone = true;
            removeFailure = null;
            return removed;
        } catch (IOException failure) {
            String sentence = "The leader file '"
                    + place.file()
                    + "' cannot be removed, though this replica does not lead: "
                    + place.why(failure)
                    + ".";
            removeFailure = sentence;
            gone = false;
            // Logged by the hub, once.
            throw new IOException(sentence, failure);
        }
    }

    private void writeFailed(FilePlace place, IOException failure) {
        if (!writeFails) {
            writeFails = true;
            LOG.errorf(
                    "LE-301 The leader file '%s' cannot be written: %s. Until it can, nobody who reads it learns that"
                            + " this replica leads.",
                    place.file(), place.why(failure));
        }
    }

    private void writeSucceeded(FilePlace place) {
        if (writeFails) {
            writeFails = false;
            LOG.infof("LE-302 The leader file '%s' can be written again.", place.file());
        }
    }
}
