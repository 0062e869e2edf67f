/**
 * The page at {@code /} for browsers: one static file, which asks {@code GET /status} and the event stream.
 *
 * <p>This package guarantees that the page runs no script and uses no style except its own, whatever the answers
 * contain. It does not guarantee that a browser shows the current state: the page says when it last got an answer from
 * this replica.
 */
@NullMarked
package io.github.leaderelector.outlet.page;

import org.jspecify.annotations.NullMarked;
