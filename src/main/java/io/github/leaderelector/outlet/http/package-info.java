/**
 * Who leads, over HTTP.
 *
 * <p>This room guarantees that an answer is computed from one state and one moment, at the time of answering, without
 * waiting for anything. It does not guarantee that the answer is still true when it arrives: that is what
 * {@code validForMillis} is for.
 */
@NullMarked
package io.github.leaderelector.outlet.http;

import org.jspecify.annotations.NullMarked;
