/**
 * The file that exists while this replica leads.
 *
 * <p>This package guarantees that the file appears complete or not at all; that it is not created after the end of the
 * claim; that it is removed when this process notices the end, or else the liveness probe fails a second later; and
 * that a file that others put in its place is never opened. It does not guarantee that the file is removed at the very
 * end of the claim: a frozen process cannot remove it. An application that must be sure checks the file's modification
 * time, which changes with each renewal, or asks over HTTP.
 */
@NullMarked
package io.github.leaderelector.outlet.file;

import org.jspecify.annotations.NullMarked;
