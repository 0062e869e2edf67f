/**
 * The heart: who leads, until when, and who is told.
 *
 * <p>This room knows the JDK and nothing else. It guarantees that
 * {@link io.github.leaderelector.leadership.Leadership#leads} is never true at or after the end of a
 * {@link io.github.leaderelector.leadership.Claim}, whatever thread, process or wall clock stands still or jumps: the
 * end is checked at the moment of reading. It does not guarantee that a claim is right in the first place; that is the
 * business of the room {@code election}, which reports only writes that the API server has acknowledged.
 */
@NullMarked
package io.github.leaderelector.leadership;

import org.jspecify.annotations.NullMarked;
