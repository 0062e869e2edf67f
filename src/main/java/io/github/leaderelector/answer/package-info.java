/**
 * The JSON answers that several outlets share: of {@code GET /leader}, of the event stream and of the hooks.
 *
 * <p>This package guarantees that all outlets send the same JSON for the same state. It does not choose the moment: an
 * answer is true at the moment that the outlet passes.
 */
@NullMarked
package io.github.leaderelector.answer;

import org.jspecify.annotations.NullMarked;
