/**
 * The application's health, which decides whether this replica is a candidate.
 *
 * <p>This package asks the application and acts on the election through
 * {@link io.github.leaderelector.leadership.Candidacy}. It guarantees that a replica does not lead before its
 * application has said that it is healthy, that there is one question at a time, with less than a second for the
 * answer, and that a missing answer delays nothing else. It does not guarantee that no unhealthy application leads: a
 * leader's application must fail several times in a row, and {@code APP_HEALTH_FALLBACK=anyone} prefers an unhealthy
 * leader to none.
 */
@NullMarked
package io.github.leaderelector.apphealth;

import org.jspecify.annotations.NullMarked;
