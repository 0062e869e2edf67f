package io.github.leaderelector.election;

import static org.assertj.core.api.Assertions.assertThat;

import io.github.leaderelector.kubernetes.ApiException;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

class LeaseStreamTest {

    private final List<String> told = new ArrayList<>();
    private final LeaseStream stream = new LeaseStream(listener());

    private LeaseApi.WatchListener listener() {
        return new LeaseApi.WatchListener() {
            @Override
            public void changed(LeaseDocument lease) {
                told.add("changed by " + lease.holder() + " at " + lease.version());
            }

            @Override
            public void deleted(LeaseDocument lease) {
                told.add("deleted at " + lease.version());
            }

            @Override
            public void closed(ApiException cause) {
                told.add(cause.getMessage());
            }
        };
    }

    @BeforeEach
    void tellOfHangingUp() {
        stream.onHangUp(() -> told.add("hung up"));
    }

    @Test
    void eachEventIsToldAsItComes() {
        stream.event(event("ADDED", "pod-ä", 1));
        stream.event(event("MODIFIED", "pod-b", 2));
        stream.event(event("DELETED", "pod-b", 3));
        stream.event(event("BOOKMARK", "pod-b", 4));

        assertThat(told).containsExactly("changed by pod-ä at 1", "changed by pod-b at 2", "deleted at 3");
    }

    @Test
    void anErrorEndsTheWatchWithItsMessage() {
        stream.event("""
                {"type":"ERROR","object":{"kind":"Status","apiVersion":"v1","metadata":{},"status":"Failure",
                "message":"too old resource version: 1 (2)","reason":"Expired","code":410}}""");

        assertThat(told).containsExactly("hung up", "The watch broke: too old resource version: 1 (2).");
    }

    @Test
    void anErrorWithoutAMessageIsToldAsOne() {
        stream.event("{\"type\":\"ERROR\",\"object\":{\"kind\":\"Status\"}}");

        assertThat(told).last().isEqualTo("The watch broke: an error without a message.");
    }

    @Test
    void whatIsNotAnEventEndsTheWatch() {
        stream.event("<html>Sign in first</html>");

        assertThat(told).containsExactly("hung up", "The watch broke: it said '<html>Sign in first</html>'.");
    }

    @Test
    void anEventAboutNothingEndsTheWatch() {
        stream.event("{\"type\":\"MODIFIED\"}");

        assertThat(told).containsExactly("hung up", "The watch broke: it told of nothing, by MODIFIED.");
    }

    /** C3, D5: what is no event is foreign text. */
    @Test
    void whatIsNotAnEventIsToldInOneLine() {
        stream.event("not\nJSON" + "x".repeat(10_000));

        assertThat(told.get(1)).hasSizeLessThan(400).doesNotContain("\n");
    }

    @Test
    void nothingEndsTheWatch() {
        stream.event("null");

        assertThat(told).containsExactly("hung up", "The watch broke: it said 'null'.");
    }

    @Test
    void aWatchThatBrokeBeforeItWasOpenIsClosedOnceItIs() {
        LeaseStream early = new LeaseStream(listener());
        early.event("no event");
        early.onHangUp(() -> told.add("hung up"));

        assertThat(told).containsExactly("The watch broke: it said 'no event'.", "hung up");
    }

    @Test
    void theEndIsToldOnceAndNothingAfterIt() {
        stream.ended("The watch was closed.");
        stream.broken("again");
        stream.event(event("MODIFIED", "pod-b", 2));

        assertThat(told).containsExactly("hung up", "The watch was closed.");
    }

    @Test
    void whoClosesItIsToldNothingMore() {
        stream.close();
        stream.event(event("MODIFIED", "pod-b", 2));
        stream.ended("The watch was closed.");

        assertThat(told).containsExactly("hung up");
    }

    @Test
    void whoManagedWhichFieldIsNotRead() {
        stream.event("""
                {"type":"ADDED","object":{"metadata":{"resourceVersion":"5","managedFields":[{"manager":"x","fieldsV1":
                {"f:spec":{"f:holderIdentity":{}}}}]},"spec":{"holderIdentity":"pod-c"}}}""");

        assertThat(told).containsExactly("changed by pod-c at 5");
    }

    private static String event(String type, String holder, int version) {
        return """
                {"type":"%s","object":{"kind":"Lease","apiVersion":"coordination.k8s.io/v1",\
                "metadata":{"name":"app-lock","namespace":"prod","resourceVersion":"%d"},\
                "spec":{"holderIdentity":"%s"}}}""".formatted(type, version, holder);
    }
}
