/**
 * Leadership in the words that others read: the JSON of {@code GET /leader}, of the event stream and of the hooks.
 *
 * <p>This room guarantees that what says the same thing says it in the same form, whichever outlet sends it. It does
 * not choose the moment: an answer is true at the one it is given.
 */
@NullMarked
package io.github.leaderelector.answer;

import org.jspecify.annotations.NullMarked;
