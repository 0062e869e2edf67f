package io.github.leaderelector.outlet.page;

import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.Base64;
import java.util.Objects;

/**
 * The static file and its Content-Security-Policy.
 *
 * @param html the file; must not be changed
 * @param securityPolicy its {@code Content-Security-Policy}: allows its own script and style, by their hashes, and
 *     requests to its own origin
 */
@SuppressWarnings("ArrayRecordComponent") // Compared with nothing.
record Page(byte[] html, String securityPolicy) {

    /** Read when this class is first used. */
    static final Page THE_ONE = read();

    private static Page read() {
        try (InputStream in = Objects.requireNonNull(Page.class.getResourceAsStream("page.html"))) {
            byte[] html = in.readAllBytes();
            String text = new String(html, StandardCharsets.UTF_8);
            return new Page(
                    html,
                    "default-src 'none'; script-src %s; style-src %s; connect-src 'self'; img-src data:; "
                                    .formatted(hash(text, "script"), hash(text, "style"))
                            + "base-uri 'none'; form-action 'none'; frame-ancestors 'none'");
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static String hash(String html, String element) {
        String start = "<" + element + ">";
        String content = html.substring(html.indexOf(start) + start.length(), html.indexOf("</" + element + ">"));
        try {
            byte[] digest = MessageDigest.getInstance("SHA-256").digest(content.getBytes(StandardCharsets.UTF_8));
            return "'sha256-" + Base64.getEncoder().encodeToString(digest) + "'";
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException("Every JDK has SHA-256.", e);
        }
    }
}
