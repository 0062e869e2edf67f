/**
 * Text that others wrote: what an exception, an answer, a file or a Lease says.
 *
 * <p>This room guarantees that what it hands out fits into one line of a log, is bounded, and shows no secret that it
 * can tell by its form: a header's value, a token, a password, a key, the user and the query of a URL. It does not know
 * the secrets of this process; a secret that stands alone, in the middle of a sentence, looks like any other word.
 */
@NullMarked
package io.github.leaderelector.text;

import org.jspecify.annotations.NullMarked;
