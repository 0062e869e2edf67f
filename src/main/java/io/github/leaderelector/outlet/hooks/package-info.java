/**
 * The hooks: POSTs that tell the application when this replica begins and stops leading.
 *
 * <p>This room guarantees that each state is posted until it is answered 2xx or a later state overtakes it, one POST at
 * a time, and never waits. It does not guarantee that the application hears of every state, nor that it hears of one
 * only once, nor when: who must not lead a moment too long asks {@code GET /leader}.
 */
@NullMarked
package io.github.leaderelector.outlet.hooks;

import org.jspecify.annotations.NullMarked;
