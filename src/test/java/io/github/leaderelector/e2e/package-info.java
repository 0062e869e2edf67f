/**
 * End to end: the product's image and manifests in a real cluster, with real pods, rollouts and evictions.
 *
 * <p>Run by {@code ./mvnw -Pe2e verify -Dimage=NAME:TAG} against the cluster of {@code KUBECONFIG}, which must be able
 * to pull or have that image and {@code busybox:1}. Each class works in a namespace of its own, which it deletes, and
 * reads what its pods did from their logs, by the times that the nodes gave the lines. What is measured is printed and
 * written to {@code target/e2e/report.md}.
 */
@NullMarked
package io.github.leaderelector.e2e;

import org.jspecify.annotations.NullMarked;
