/**
 * The file that exists while this replica leads.
 *
 * <p>This room guarantees that the file appears complete or not at all, that it is not made after the claim has ended,
 * that it is removed once this process notices the end, or the liveness probe fails a second later, and that nothing
 * that others put in its place is opened. It does not guarantee that the file is gone at that very instant: a process
 * that is frozen cannot remove anything. Who must be sure compares the file's modification time, which moves with each
 * renewal, or asks over HTTP.
 */
@NullMarked
package io.github.leaderelector.outlet.file;

import org.jspecify.annotations.NullMarked;
