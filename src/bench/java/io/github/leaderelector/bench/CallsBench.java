package io.github.leaderelector.bench;

import static org.assertj.core.api.Assertions.assertThat;

import io.github.leaderelector.testkit.PackagedSidecar;
import java.util.Collection;
import java.util.Comparator;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.openjdk.jmh.profile.GCProfiler;
import org.openjdk.jmh.results.RunResult;
import org.openjdk.jmh.runner.Runner;
import org.openjdk.jmh.runner.RunnerException;
import org.openjdk.jmh.runner.options.Options;
import org.openjdk.jmh.runner.options.OptionsBuilder;

/** Runs {@link Calls} on a JVM with the options of the image. The figures go to {@code target/bench/report.md}. */
class CallsBench {

    /** What one call may leave to the garbage collector; unlike its time, that is the same on every machine. */
    private static final long LARGEST_ANSWER_BYTES = 128 * 1024;

    @Test
    void whatIsCalledOftenIsCheap() throws RunnerException {
        Options options = new OptionsBuilder()
                .include(Calls.class.getName() + "\\.")
                .jvmArgs(PackagedSidecar.options().toArray(String[]::new))
                .addProfiler(GCProfiler.class)
                .shouldFailOnError(true)
                .build();
        Collection<RunResult> results = new Runner(options).run();
        List<RunResult> sorted = results.stream()
                .sorted(Comparator.comparingDouble(r -> r.getPrimaryResult().getScore()))
                .toList();
        for (RunResult result : sorted) {
            Report.add(
                    result.getPrimaryResult().getLabel() + "(), one call",
                    "%,.0f ns ± %,.0f, %,.0f bytes"
                            .formatted(
                                    result.getPrimaryResult().getScore(),
                                    result.getPrimaryResult().getScoreError(),
                                    bytes(result)));
        }
        assertThat(sorted).hasSize(4).allSatisfy(r -> assertThat(bytes(r)).isLessThan(LARGEST_ANSWER_BYTES));
    }

    private static double bytes(RunResult result) {
        return result.getSecondaryResults().get("gc.alloc.rate.norm").getScore();
    }
}
