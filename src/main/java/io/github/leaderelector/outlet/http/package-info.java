/**
 * Leadership over HTTP: answers to requests, and event streams.
 *
 * <p>This package guarantees that an answer is computed from one state and one moment, at the time of the answer,
 * without blocking; that an answer that says "I lead" is handed to the kernel within half a second or not at all; that
 * an event is sent when a claim begins, is renewed or ends; and that slow or many clients do not delay others or end
 * the process. It does not guarantee that an answer is still true when it arrives: see {@code validForMillis}.
 */
@NullMarked
package io.github.leaderelector.outlet.http;

import org.jspecify.annotations.NullMarked;
