/**
 * Every fault that can be made on one machine, against the real API server and the packaged application; run by the
 * Maven profile {@code faults}, and by it only.
 *
 * <p>What a scenario guarantees: that nobody was seen to lead beside another, and that what must end or begin in time
 * did. What it does not: that a time measured here is the same elsewhere. Each scenario adds one line of figures to
 * {@code target/faults/report.md}.
 */
@NullMarked
package io.github.leaderelector.faults;

import org.jspecify.annotations.NullMarked;
