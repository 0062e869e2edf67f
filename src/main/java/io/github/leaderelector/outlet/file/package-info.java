/**
 * The file that exists while this replica leads.
 *
 * <p>This room guarantees that the file appears complete or not at all, that it is not made after the claim has ended,
 * and that it is removed, or the liveness probe fails, once this process notices the end. It does not guarantee that
 * the file is gone at that very instant: a process that is frozen cannot remove anything. Who must be sure compares the
 * file's modification time, which moves with each renewal, or asks over HTTP.
 */
@NullMarked
package io.github.leaderelector.outlet.file;

import org.jspecify.annotations.NullMarked;
