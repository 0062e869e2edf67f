/**
 * Requests by HTTP to the application and its neighbours.
 *
 * <p>This room guarantees that no name server can hold up the event loop: names are looked up on threads of their own.
 * It guarantees that all addresses of a name are tried, and that a request ends in time, with a status or with a
 * reason. It does not guarantee that a request that was given up has not arrived.
 */
@NullMarked
package io.github.leaderelector.net;

import org.jspecify.annotations.NullMarked;
