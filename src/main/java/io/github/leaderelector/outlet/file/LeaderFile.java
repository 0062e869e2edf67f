package io.github.leaderelector.outlet.file;

import io.github.leaderelector.config.Settings;
import io.github.leaderelector.leadership.Claim;
import io.github.leaderelector.leadership.LastingProblem;
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
 * The leader file: contains our identity, without a line break, while this replica leads, and does not exist otherwise.
 *
 * <p>A follower keeps the file ready under another name in the same directory, so that taking the lead is one rename.
 * The modification time is the time at which the last renewal was sent. Changes by others are undone at the next call,
 * at most a second later.
 *
 * <p>All methods except {@link #failure} and {@link #logHang} are for one thread at a time, and block for as long as
 * the file system does.
 */
@Singleton
public final class LeaderFile implements LeadershipObserver, Vital {

    private static final Logger LOG = Logger.getLogger(LeaderFile.class);

    /** How long a removal may take before it counts as hanging. */
    private static final Duration TIME_TO_REMOVE = Duration.ofSeconds(1);

    private final @Nullable FilePlace place;
    private final LeadershipHub hub;
    private final Ticker ticker;
    private final Moment made;
    private final LastingProblem writing;

    /** Used by {@link #logHang} only. */
    private final LastingProblem hanging;

    /** When the renewal was sent whose time is the file's modification time. */
    private @Nullable Moment shown;

    /** Why the last removal failed; null if it succeeded, or if the file was put in place since. */
    private volatile @Nullable String removeFailure;

    /** Whether the file was removed and not put in place since. */
    private volatile boolean gone;

    /** The leader file that the settings name; does nothing if they do not name one. */
    @Inject
    public LeaderFile(Settings settings, LeadershipHub hub, Ticker ticker) {
        this(
                settings.leaderFile()
                        .map(file -> new FilePlace(file, settings.identity()))
                        .orElse(null),
                hub,
                ticker);
    }

    /** @param place the file's place; null for no file */
    LeaderFile(@Nullable FilePlace place, LeadershipHub hub, Ticker ticker) {
        this.place = place;
        this.hub = hub;
        this.ticker = ticker;
        this.writing = new LastingProblem(ticker);
        this.hanging = new LastingProblem(ticker);
        this.made = ticker.now();
    }

    /**
     * Why the file still exists although it must not, one sentence; empty if all is well. Answers from memory and by
     * the clock, because the file system may hang.
     */
    @Override
    public Optional<String> failure() {
        if (place == null || gone || hub.current().claim() != null) {
            return Optional.empty();
        }
        return Optional.ofNullable(removeFailure).or(() -> hang(place.file()));
    }

    /** As {@link #failure}, for a removal that is under way. */
    private Optional<String> hang(Path file) {
        Duration told = ticker.now().since(toldNotToLead());
        return told.compareTo(TIME_TO_REMOVE) < 0
                ? Optional.empty()
                : Optional.of("This replica was told " + told.toSeconds() + " s ago not to lead, and the leader file '"
                        + file + "' is still there: the file system does not answer.");
    }

    /** Logs a hanging removal. Call it regularly, on another thread than the one that may hang. */
    public void logHang(Leadership leadership) {
        Optional<String> hang = removeFailure == null ? failure() : Optional.empty();
        if (hang.isEmpty()) {
            hanging.ended();
        } else if (hanging.occurred("")) {
            LOG.errorf("LE-303 %s", hang.get());
        }
    }

    private Moment toldNotToLead() {
        return hub.transitions(0).stream()
                .filter(Transition::ceased)
                .reduce((earlier, later) -> later)
                .map(Transition::at)
                .orElse(made);
    }

    /**
     * Creates or removes the file. The first call also removes the file of an earlier process.
     *
     * @throws IOException if the file must not exist, but cannot be removed. A file that cannot be written is only
     *     logged, because nothing needs to wait for it.
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
        // Checked last: this process may have been frozen at any instruction above.
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
                // Not in the same call as the removal, because the release of the Lease must not wait until a file is
                // written.
                place.prepare(ticker.wallTime());
                writeSucceeded(place);
            }
        } catch (IOException failure) {
            writeFailed(place, failure);
        }
    }

    /** Puts the file in place, unless the claim has ended. */
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

    /** Removes the file; returns whether there was one. */
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
        String why = place.why(failure);
        if (writing.occurred(why)) {
            LOG.errorf(
                    "LE-301 The leader file '%s' cannot be written: %s. Until then, its readers do not see that this"
                            + " replica leads.",
                    place.file(), why);
        }
    }

    private void writeSucceeded(FilePlace place) {
        if (writing.ended()) {
            LOG.infof("LE-302 The leader file '%s' can be written again.", place.file());
        }
    }
}
