/**
 * The promises of the election, measured on the packaged application with the test kit.
 *
 * <p>What is measured here holds for the machine it runs on; where a bound is a time, a machine that starves the
 * processes of CPU can miss it, but never see two leaders.
 */
@NullMarked
package io.github.leaderelector.bench;

import org.jspecify.annotations.NullMarked;
