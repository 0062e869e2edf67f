/**
 * Who leads, over HTTP: for those who ask, and for those who listen.
 *
 * <p>This room guarantees that an answer is computed from one state and one moment, at the time of answering, without
 * waiting for anything; that an answer which says "I lead" is handed to the kernel within half a second of that time or
 * not at all; that an event is sent when a claim begins, is renewed or ends; and that no client, however slow and
 * however many, holds up another or ends the process. It does not guarantee that what it says is still true when it
 * arrives: that is what {@code validForMillis} is for.
 */
@NullMarked
package io.github.leaderelector.outlet.http;

import org.jspecify.annotations.NullMarked;
