/**
 * What can be set, and the rules between settings.
 *
 * <p>This room guarantees that a {@link io.github.leaderelector.config.Settings} is right: nobody need check it again.
 * It does not guarantee that the world stays as it was when the check was made, such as the leader file's directory.
 */
@NullMarked
package io.github.leaderelector.config;

import org.jspecify.annotations.NullMarked;
