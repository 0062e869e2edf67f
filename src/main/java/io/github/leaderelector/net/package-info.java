/**
 * HTTP requests to the application: health checks and hooks.
 *
 * <p>This package guarantees that no name server can delay the event loop, because names are looked up on other
 * threads; that all addresses of a name are tried; and that a request ends in time, with a status or with a reason. It
 * does not guarantee that a failed request has not arrived.
 */
@NullMarked
package io.github.leaderelector.net;

import org.jspecify.annotations.NullMarked;
