package io.github.leaderelector.outlet.log;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.github.leaderelector.leadership.LeadershipHub;
import io.github.leaderelector.leadership.LeaseRef;
import io.github.leaderelector.leadership.ManualTicker;
import io.github.leaderelector.leadership.Observation.LeaseSeen;
import io.github.leaderelector.leadership.Observation.WriteAcknowledged;
import io.github.leaderelector.leadership.Observation.Writer;
import io.github.leaderelector.leadership.ObservedLease;
import io.quarkiverse.loggingjson.JsonGenerator;
import io.quarkiverse.loggingjson.StringBuilderWriter;
import io.quarkiverse.loggingjson.jackson.JacksonJsonFactory;
import java.io.IOException;
import java.time.Duration;
import org.jboss.logmanager.ExtLogRecord;
import org.jboss.logmanager.Level;
import org.junit.jupiter.api.Test;

class LogFieldsTest {

    private final ManualTicker ticker = new ManualTicker();
    private final LeadershipHub hub =
            new LeadershipHub("pod-a", new LeaseRef("prod", "app-lock"), Duration.ofSeconds(10), ticker);
    private final LogFields fields = new LogFields();

    @Test
    void theIdIsTheFirstWordOfTheMessage() throws IOException {
        assertThat(written("LE-209 All is well.")).isEqualTo("{\"id\":\"LE-209\"}");
        assertThat(written("Something of a library's, not LE-209 .")).isEqualTo("{}");
        assertThat(written(null)).isEqualTo("{}");
    }

    @Test
    void eachLineHasTheIdentityOnceItIsKnown() throws IOException {
        fields.signWith(hub.current());

        assertThat(written("LE-209 All is well."))
                .isEqualTo("{\"id\":\"LE-209\",\"identity\":\"pod-a\",\"lease\":\"prod/app-lock\"}");
    }

    @Test
    void aChangeOfLeadershipHasFieldsOfItsOwn() throws IOException {
        hub.observe(new LeaseSeen(lease(null, 6, 10_541), Writer.OTHER, true));
        ticker.advance(Duration.ofMillis(8));
        hub.observe(new WriteAcknowledged(lease("pod-a", 7, 10_542), ticker.now()));
        hub.observe(new LeaseSeen(lease("pod-b", 8, 10_543), Writer.OTHER, true));

        assertThat(written("LE-101 %s leads.", "pod-a", hub.transitions(0).get(0)))
                .isEqualTo("{\"id\":\"LE-101\",\"holder\":\"pod-a\",\"term\":7,\"token\":10542,\"reason\":\"acquired\","
                        + "\"gapMillis\":8}");
        JsonNode lost = new ObjectMapper()
                .readTree(written("LE-102 %s lost.", hub.transitions(0).get(1)));
        assertThat(lost.get("holder").asText()).isEqualTo("pod-b");
        assertThat(lost.get("reason").asText()).isEqualTo("overwritten");
        assertThat(lost.has("token")).isFalse();
    }

    private String written(String message, Object... parameters) throws IOException {
        ExtLogRecord line =
                new ExtLogRecord(Level.INFO, message, ExtLogRecord.FormatStyle.PRINTF, LogFieldsTest.class.getName());
        line.setParameters(parameters);
        StringBuilderWriter text = new StringBuilderWriter();
        try (JsonGenerator json = new JacksonJsonFactory().createGenerator(text)) {
            json.writeStartObject();
            fields.writeTo(json, line);
            json.writeEndObject();
            json.flush();
        }
        return text.toString();
    }

    private ObservedLease lease(String holder, int term, long version) {
        return new ObservedLease(
                holder,
                term,
                version,
                ticker.wallTime(),
                ticker.nanoTime(),
                ticker.nanoTime() + Duration.ofSeconds(15).toNanos());
    }
}
