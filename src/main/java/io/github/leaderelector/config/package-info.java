/**
 * The settings and the rules between them.
 *
 * <p>This package guarantees that {@link io.github.leaderelector.config.Settings} are valid: no other package checks
 * them again. It does not guarantee that the environment stays as it was at the check, such as the leader file's
 * directory.
 */
@NullMarked
package io.github.leaderelector.config;

import org.jspecify.annotations.NullMarked;
