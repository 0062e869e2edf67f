package io.github.leaderelector.outlet.log;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.io.PrintStream;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Row B2 of the faults: a reader that does not read holds up nobody. */
@Timeout(30)
class LossyOutputTest {

    private static final Duration LIMIT = Duration.ofSeconds(20);

    private final BlockingQueue<Long> told = new LinkedBlockingQueue<>();

    @Test
    void allIsWrittenInOrder() {
        ByteArrayOutputStream target = new ByteArrayOutputStream();
        LossyOutput output = new LossyOutput(target, "test", told::add);
        PrintStream stream = new PrintStream(output, false, UTF_8);

        StringBuilder all = new StringBuilder();
        for (int i = 0; i < 1_000; i++) {
            stream.println("line " + i);
            all.append("line ").append(i).append(System.lineSeparator());
        }
        stream.print("the end");

        assertThat(output.drain(LIMIT)).isTrue();
        assertThat(target.toString(UTF_8)).isEqualTo(all + "the end");
        assertThat(told).isEmpty();
    }

    @Test
    void whoWritesDoesNotWaitAndWhatHasNoRoomIsDroppedAndTold() throws InterruptedException {
        StuckReader target = new StuckReader();
        LossyOutput output = new LossyOutput(target, "test", told::add);
        String line = "x".repeat(1023) + "\n";
        int kept = LossyOutput.CAPACITY / line.length();

        for (int i = 0; i < kept + 5; i++) {
            write(output, line);
        }
        write(output, "short\n");

        assertThat(output.drain(Duration.ofMillis(1))).isFalse();
        target.readOn();
        assertThat(told.poll(LIMIT.toSeconds(), TimeUnit.SECONDS)).isEqualTo(6);
        assertThat(output.drain(LIMIT)).isTrue();
        assertThat(target.read.toString(UTF_8)).isEqualTo(line.repeat(kept));

        write(output, "again\n");
        assertThat(output.drain(LIMIT)).isTrue();
        assertThat(target.read.toString(UTF_8)).endsWith(line + "again\n");
        assertThat(told).isEmpty();
    }

    @Test
    void aClosedReaderDoesNotBlockWriters() {
        LossyOutput output = new LossyOutput(
                new OutputStream() {
                    @Override
                    public void write(int b) throws IOException {
                        throw new IOException("Broken pipe");
                    }
                },
                "test",
                told::add);

        for (String line : List.of("a\n", "b\n")) {
            write(output, line);
            assertThat(output.drain(LIMIT)).isTrue();
        }
        assertThat(told).isEmpty();
    }

    @Test
    void whatHasNoEndIsWrittenInPieces() {
        ByteArrayOutputStream target = new ByteArrayOutputStream();
        LossyOutput output = new LossyOutput(target, "test", told::add);

        for (int i = 0; i < 200; i++) {
            write(output, "x".repeat(1_000));
        }

        assertThat(output.drain(LIMIT)).isTrue();
        assertThat(target.size()).isEqualTo(200_000);
    }

    private static void write(LossyOutput output, String text) {
        byte[] bytes = text.getBytes(UTF_8);
        output.write(bytes, 0, bytes.length);
    }

    /** Takes nothing until told to. */
    private static final class StuckReader extends OutputStream {

        private final Semaphore reads = new Semaphore(0);
        private final ByteArrayOutputStream read = new ByteArrayOutputStream();

        void readOn() {
            reads.release(1_000_000);
        }

        @Override
        public void write(int b) {
            write(new byte[] {(byte) b}, 0, 1);
        }

        @Override
        public void write(byte[] bytes, int offset, int length) {
            reads.acquireUninterruptibly();
            read.write(bytes, offset, length);
        }
    }
}
