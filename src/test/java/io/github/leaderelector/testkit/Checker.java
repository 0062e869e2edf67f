package io.github.leaderelector.testkit;

import io.github.leaderelector.testkit.History.Kind;
import io.github.leaderelector.testkit.History.Outage;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.stream.Stream;

/**
 * Judges what the witnesses saw: two leaders at one instant, by one witness or by two, times without a leader, fencing
 * tokens that do not grow, and claims that outlive a freeze.
 *
 * <p>A file counts while it certainly existed. A {@code leader: true} over HTTP counts from the request's start until
 * it was read. The file of a frozen process does not count until {@link #FILE_GONE_AFTER_THAW} after it went on, that
 * of a dead one not at all.
 */
public final class Checker {

    /** How soon after a thaw the file of a claim that ended meanwhile must be gone. */
    public static final Duration FILE_GONE_AFTER_THAW = Duration.ofMillis(20);

    /** The order of file notifications is learnt this much later than they happen, at most. */
    private static final Duration NOTIFICATION_DELAY = Duration.ofMillis(50);

    /**
     * A time with two leaders.
     *
     * @param witness file, HTTP, file and HTTP, or file order
     */
    public record Overlap(String witness, String one, String other, long nanos, Duration length) {}

    /**
     * A time without a leader, by the files.
     *
     * @param from who led before
     * @param to who led after
     * @param start when it began, by {@link System#nanoTime}
     * @param cause what the scenario did last before it ended
     */
    public record Gap(String from, String to, long start, Duration length, String cause) {}

    /**
     * The verdict.
     *
     * @param overlaps two leaders at one instant
     * @param gaps times without a leader, oldest first
     * @param violations everything else that must not be, one sentence each
     */
    public record Report(List<Overlap> overlaps, List<Gap> gaps, List<String> violations) {

        /** Whether nothing was seen that must not be. */
        public boolean clean() {
            return overlaps.isEmpty() && violations.isEmpty();
        }

        /** The gaps that {@code cause} begins the cause of. */
        public List<Gap> gaps(String cause) {
            return gaps.stream().filter(g -> g.cause().startsWith(cause)).toList();
        }

        /** How long those gaps were. */
        public Percentiles spread(String cause) {
            return Percentiles.of(gaps(cause).stream().map(Gap::length).toList());
        }
    }

    private final History history;
    private final Duration renewDeadline;
    private final List<Span> files;
    private final List<Span> claims;
    private final List<FileOrder.Together> together;

    /**
     * @param history what was done
     * @param renewDeadline how long a claim holds
     * @param files when each file was there
     * @param claims when each replica claimed to lead over HTTP
     * @param together when the file system told of two files
     */
    public Checker(
            History history,
            Duration renewDeadline,
            List<Span> files,
            List<Span> claims,
            List<FileOrder.Together> together) {
        this.history = history;
        this.renewDeadline = renewDeadline;
        this.files = files;
        this.claims = claims;
        this.together = together;
    }

    /** Judges. */
    public Report report() {
        List<Span> counted = files.stream().flatMap(this::withoutOutages).toList();
        List<Overlap> overlaps = new ArrayList<>();
        overlaps.addAll(overlaps(
                "file",
                counted.stream().map(s -> new Claimed(s, s.from(), s.to())).toList()));
        overlaps.addAll(overlaps(
                "HTTP",
                claims.stream()
                        .map(s -> new Claimed(s, s.earliest(), s.latest()))
                        .toList()));
        overlaps.addAll(crossOverlaps(counted));
        overlaps.addAll(orderOverlaps());
        List<String> violations = new ArrayList<>(tokenViolations());
        violations.addAll(thawViolations());
        return new Report(overlaps, gaps(counted), violations);
    }

    private record Claimed(Span span, long from, long to) {
        boolean isTime() {
            return to - from >= 0;
        }
    }

    private List<Overlap> overlaps(String witness, List<Claimed> all) {
        List<Claimed> sorted = all.stream()
                .filter(Claimed::isTime)
                .sorted(Comparator.comparingLong(c -> c.from() - history.origin()))
                .toList();
        List<Overlap> found = new ArrayList<>();
        for (int i = 0; i < sorted.size(); i++) {
            Claimed one = sorted.get(i);
            for (int j = i + 1; j < sorted.size() && sorted.get(j).from() - one.to() < 0; j++) {
                Claimed other = sorted.get(j);
                if (!one.span().replica().equals(other.span().replica())) {
                    long end = Math.min(one.to() - history.origin(), other.to() - history.origin());
                    Duration length = Duration.ofNanos(end - (other.from() - history.origin()));
                    found.add(new Overlap(
                            witness, one.span().replica(), other.span().replica(), other.from(), length));
                }
            }
        }
        return found;
    }

    /** The file of one beside the claim of another over HTTP, as far as both are certain. */
    private List<Overlap> crossOverlaps(List<Span> counted) {
        List<Overlap> found = new ArrayList<>();
        for (Span file : counted) {
            for (Span claim : claims) {
                long from = Math.max(file.from() - history.origin(), claim.from() - history.origin());
                long to = Math.min(file.to() - history.origin(), claim.to() - history.origin());
                if (!file.replica().equals(claim.replica()) && from < to) {
                    found.add(new Overlap(
                            "file and HTTP",
                            file.replica(),
                            claim.replica(),
                            history.origin() + from,
                            Duration.ofNanos(to - from)));
                }
            }
        }
        return found;
    }

    private List<Overlap> orderOverlaps() {
        List<Overlap> found = new ArrayList<>();
        for (FileOrder.Together event : together) {
            List<String> counting = event.replicas().stream()
                    .filter(r -> !outOfOrder(r, event.nanos()))
                    .sorted()
                    .toList();
            if (counting.size() > 1) {
                found.add(new Overlap("file order", counting.get(0), counting.get(1), event.nanos(), Duration.ZERO));
            }
        }
        return found;
    }

    private boolean outOfOrder(String replica, long nanos) {
        long slack = FILE_GONE_AFTER_THAW.plus(NOTIFICATION_DELAY).toNanos();
        return history.outages().stream()
                .map(o -> new Outage(o.replica(), o.kind(), o.from(), o.to() + slack))
                .anyMatch(o -> o.covers(replica, nanos));
    }

    /** The time of a file without the outages of its replica. */
    private Stream<Span> withoutOutages(Span file) {
        List<Span> left = new ArrayList<>();
        Span rest = file;
        for (Outage outage : outagesOf(file.replica())) {
            long end = outage.to() + FILE_GONE_AFTER_THAW.toNanos();
            if (rest.to() - outage.from() < 0 || rest.from() - end > 0) {
                continue;
            }
            if (outage.from() - rest.from() > 0) {
                left.add(rest.until(outage.from(), outage.from()));
            }
            if (rest.to() - end <= 0) {
                return left.stream();
            }
            rest = new Span(rest.replica(), end, end, rest.to(), rest.latest(), rest.token());
        }
        left.add(rest);
        return left.stream();
    }

    private List<Outage> outagesOf(String replica) {
        return history.outages().stream()
                .filter(o -> o.replica().equals(replica))
                .sorted(Comparator.comparingLong(o -> o.from() - history.origin()))
                .toList();
    }

    private List<Gap> gaps(List<Span> counted) {
        List<Gap> gaps = new ArrayList<>();
        Span last = null;
        for (Span next : byTime(counted)) {
            if (last != null && next.from() - last.to() > 0) {
                gaps.add(new Gap(
                        last.replica(),
                        next.replica(),
                        last.to(),
                        Duration.ofNanos(next.from() - last.to()),
                        history.causeAt(next.from())));
            }
            if (last == null || next.to() - last.to() > 0) {
                last = next;
            }
        }
        return gaps;
    }

    private List<Span> byTime(List<Span> spans) {
        return spans.stream()
                .sorted(Comparator.comparingLong(s -> s.from() - history.origin()))
                .toList();
    }

    private List<String> tokenViolations() {
        List<String> found = new ArrayList<>();
        Span last = null;
        for (Span next : byTime(claims)) {
            if (next.token() == 0) {
                found.add(next.replica() + " led without a fencing token at " + history.at(next.from()));
            } else if (last != null && !grows(last, next)) {
                found.add("the fencing token went from %d (%s) to %d (%s) at %s"
                        .formatted(
                                last.token(), last.replica(), next.token(), next.replica(), history.at(next.from())));
            }
            last = next;
        }
        return found;
    }

    private boolean grows(Span last, Span next) {
        boolean same = last.token() == next.token() && last.replica().equals(next.replica());
        boolean diedBetween = outagesOf(next.replica()).stream()
                .filter(o -> o.kind() == Kind.DEAD)
                .anyMatch(o -> o.from() - last.from() > 0 && next.from() - o.from() > 0);
        return next.token() > last.token() || (same && !diedBetween);
    }

    private List<String> thawViolations() {
        List<String> found = new ArrayList<>();
        for (Outage outage : history.outages()) {
            boolean outlived = outage.to() - outage.from() > renewDeadline.toNanos();
            if (outage.kind() != Kind.FROZEN || !outlived) {
                continue;
            }
            for (Span claim : claims) {
                if (across(claim, outage, claim.latest())) {
                    found.add("%s said over HTTP that it leads, %s after it was thawed at %s"
                            .formatted(outage.replica(), after(claim.latest(), outage), history.at(outage.to())));
                }
            }
            for (Span file : files) {
                if (across(file, outage, file.to() - FILE_GONE_AFTER_THAW.toNanos())) {
                    found.add("the file of %s was still there %s after it was thawed at %s"
                            .formatted(outage.replica(), after(file.to(), outage), history.at(outage.to())));
                }
            }
        }
        return found;
    }

    private static boolean across(Span span, Outage outage, long end) {
        return span.replica().equals(outage.replica()) && outage.to() - span.from() > 0 && end - outage.to() > 0;
    }

    private static String after(long nanos, Outage outage) {
        return "%.1f ms".formatted((nanos - outage.to()) / 1e6);
    }

    /** Everything seen and done, one line each, for the reader of a failed test. */
    public String describe() {
        record Line(long nanos, String text) {}
        List<Line> lines = new ArrayList<>();
        history.marks().forEach(m -> lines.add(new Line(m.nanos(), "      " + m.what())));
        for (Outage outage : history.outages()) {
            lines.add(new Line(
                    outage.from(),
                    "      %s %s until %s".formatted(outage.replica(), outage.kind(), history.at(outage.to()))));
        }
        for (Span span : files) {
            lines.add(new Line(span.from(), "file  %s until %s".formatted(span.replica(), history.at(span.to()))));
        }
        for (Span span : claims) {
            lines.add(new Line(
                    span.from(),
                    "HTTP  %s until %s, token %d".formatted(span.replica(), history.at(span.to()), span.token())));
        }
        Report report = report();
        for (Overlap overlap : report.overlaps()) {
            lines.add(new Line(
                    overlap.nanos(),
                    "TWO   %s and %s by %s for %.1f ms"
                            .formatted(
                                    overlap.one(),
                                    overlap.other(),
                                    overlap.witness(),
                                    overlap.length().toNanos() / 1e6)));
        }
        StringBuilder text = new StringBuilder("seconds   seen or done\n");
        lines.stream()
                .sorted(Comparator.comparingLong(l -> l.nanos() - history.origin()))
                .forEach(l -> text.append("%9s %s\n".formatted(history.at(l.nanos()), l.text())));
        report.violations().forEach(v -> text.append("WRONG: ").append(v).append('\n'));
        return text.toString();
    }

    /**
     * Judges, and fails if anything was seen that must not be.
     *
     * @throws AssertionError with {@code note}, such as the seed, and the history
     */
    public Report assertClean(String note) {
        Report report = report();
        if (!report.clean()) {
            throw new AssertionError("%d overlaps, %d violations. %s\n%s"
                    .formatted(report.overlaps().size(), report.violations().size(), note, describe()));
        }
        return report;
    }
}
