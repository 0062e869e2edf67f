/**
 * The page at {@code /} for browsers: one static file, which asks {@code GET /status} and the event stream.
 *
 * <p>This room guarantees that the page runs no script and takes no style but its own, whatever the answers contain. It
 * does not guarantee that what a browser shows is still true: the page says when it last heard from this replica.
 */
@NullMarked
package io.github.leaderelector.outlet.page;

import org.jspecify.annotations.NullMarked;
