/**
 * The demo: three packaged sidecars on one machine, whose leader is stopped and killed by turns.
 *
 * <p>It shows what the sidecar does for its pod, without a cluster: the API server is Fabric8's mock, which is no
 * measure of a real one's speed.
 */
@NullMarked
package io.github.leaderelector.demo;

import org.jspecify.annotations.NullMarked;
