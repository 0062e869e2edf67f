/**
 * Foreign text: the text of exceptions, answers, files and Leases, made safe to show.
 *
 * <p>This package guarantees that its results fit into one log line, are bounded, and show no secret that has a
 * recognizable form: a header's value, a token, a password, a key, the user and the query of a URL. It does not know
 * the secrets of this process; it cannot recognize a secret that stands alone in a sentence.
 */
@NullMarked
package io.github.leaderelector.text;

import org.jspecify.annotations.NullMarked;
