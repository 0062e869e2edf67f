/**
 * Each change of leadership as one line of the log, and what lines say to machines.
 *
 * <p>This room guarantees that every change that the hub remembers is logged once, in order. It does not guarantee that
 * the lines come at the instant of the change.
 */
@NullMarked
package io.github.leaderelector.outlet.log;

import org.jspecify.annotations.NullMarked;
