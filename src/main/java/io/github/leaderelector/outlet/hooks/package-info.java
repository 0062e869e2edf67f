/**
 * The hooks: POSTs that tell the application when this replica begins and stops leading.
 *
 * <p>This package guarantees that each state is posted until the answer is 2xx or a later state replaces it, one POST
 * at a time, and that nothing waits for a hook. It does not guarantee that the application gets every state, that it
 * gets each only once, or when: an application that must not lead too long asks {@code GET /leader}.
 */
@NullMarked
package io.github.leaderelector.outlet.hooks;

import org.jspecify.annotations.NullMarked;
