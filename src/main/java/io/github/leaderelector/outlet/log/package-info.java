/**
 * The log: one line for each change of leadership, and the fields of JSON lines.
 *
 * <p>This package guarantees that every change that the hub remembers is logged once, in order. It does not guarantee
 * that a line is written at the moment of the change.
 */
@NullMarked
package io.github.leaderelector.outlet.log;

import org.jspecify.annotations.NullMarked;
