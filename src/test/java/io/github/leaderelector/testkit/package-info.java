/**
 * The test kit: packaged sidecars as processes of their own, against a real API server, with faults on the way, and
 * with two witnesses of what they claim.
 *
 * <p>A scenario starts a {@link io.github.leaderelector.testkit.Bench}, lets something go wrong and asks the
 * {@link io.github.leaderelector.testkit.Checker} what was seen. Between a replica and the API server stand a
 * {@link io.github.leaderelector.testkit.FaultProxy} for what a network does and an
 * {@link io.github.leaderelector.testkit.HttpFaultProxy} for what an API server answers.
 *
 * <p>What the kit guarantees: an overlap that it reports has happened. What it does not: the file watch looks about
 * three times in a millisecond, and a process of the operating system that gets no CPU sees nothing meanwhile, so that
 * an overlap shorter than {@link io.github.leaderelector.testkit.FileWatch#longestBlink} can go unseen; the order of
 * the file system's own notifications, which {@link io.github.leaderelector.testkit.FileOrder} keeps, has no such hole.
 * Nothing here works on Windows.
 */
@NullMarked
package io.github.leaderelector.testkit;

import org.jspecify.annotations.NullMarked;
