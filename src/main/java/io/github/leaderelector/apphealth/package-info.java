/**
 * The application's health, which decides whether this replica is a candidate.
 *
 * <p>The one room through which something outside acts on the election: it asks the application and tells
 * {@link io.github.leaderelector.leadership.Candidacy}. It guarantees that an application that has not said yet that it
 * is healthy does not lead, that it is asked once at a time and given less than a second to answer, and that a question
 * without an answer holds up nobody. It does not guarantee that no unhealthy application leads: a leader's has to fail
 * some times in a row, and {@code APP_HEALTH_FALLBACK=anyone} wants one rather than none.
 */
@NullMarked
package io.github.leaderelector.apphealth;

import org.jspecify.annotations.NullMarked;
