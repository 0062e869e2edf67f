package io.github.leaderelector.bench;

import static org.assertj.core.api.Assertions.assertThat;

import io.github.leaderelector.testkit.Programs;
import java.io.BufferedInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import java.util.zip.GZIPInputStream;
import java.util.zip.GZIPOutputStream;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** How large the image is. The figure goes to {@code target/bench/report.md}. */
class ImageBench {

    private static final double MB = 1e6;

    /** The limit of its size, so that unneeded files are noticed. */
    private static final double LARGEST_MB = 180;

    /** The archive may hold the layers as they are or compressed: docker and other tools differ in it. */
    @Test
    void theImageHasNoUnneededFiles(@TempDir Path folder) throws IOException {
        String archive = System.getProperty("image.archive");
        Assumptions.assumeTrue(
                archive != null,
                "No image: name an archive of it, such as docker save writes, by -Dimage.archive=FILE.");
        Programs.Ended tar = Programs.run(
                List.of(Programs.need("tar").toString(), "-xf", archive, "-C", folder.toString()), "", Map.of());
        assertThat(tar.status()).as(tar.output()).isZero();
        double onDisk = 0;
        double compressed = 0;
        try (Stream<Path> all = Files.walk(folder)) {
            for (Path file : all.filter(Files::isRegularFile).toList()) {
                Counter gzip = new Counter();
                try (InputStream in = uncompressed(file);
                        GZIPOutputStream out = new GZIPOutputStream(gzip)) {
                    onDisk += in.transferTo(out) / MB;
                }
                compressed += gzip.bytes / MB;
            }
        }
        Report.add("image", "%.0f MB on disk, %.0f MB compressed (gzip)".formatted(onDisk, compressed));
        assertThat(onDisk).isBetween(1.0, LARGEST_MB);
    }

    private static InputStream uncompressed(Path file) throws IOException {
        InputStream in = new BufferedInputStream(Files.newInputStream(file));
        in.mark(2);
        boolean gzip = in.read() == 0x1f && in.read() == 0x8b;
        in.reset();
        return gzip ? new GZIPInputStream(in) : in;
    }

    private static final class Counter extends OutputStream {
        private long bytes;

        @Override
        public void write(int oneByte) {
            bytes++;
        }

        @Override
        public void write(byte[] block, int offset, int length) {
            bytes += length;
        }
    }
}
