/**
 * The heart: who leads, until when, and who is told.
 *
 * <p>This package depends on the JDK and {@code text} only. It guarantees that
 * {@link io.github.leaderelector.leadership.Leadership#leads} is never true at or after the end of a
 * {@link io.github.leaderelector.leadership.Claim}, even if a thread or the process is frozen or a wall clock jumps:
 * the end is checked at the moment of reading. It does not guarantee that a claim is correct when it begins:
 * {@code election} does, which reports only writes that the API server has acknowledged.
 */
@NullMarked
package io.github.leaderelector.leadership;

import org.jspecify.annotations.NullMarked;
