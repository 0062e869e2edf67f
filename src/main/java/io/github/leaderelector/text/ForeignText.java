package io.github.leaderelector.text;

import java.util.List;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * Makes foreign text safe to show in a log line, an answer, an Event, a metric or the termination message: one line,
 * bounded, without control characters and without secrets.
 *
 * <p>Safe text is not changed. In doubt, text is removed.
 */
public final class ForeignText {

    /** The maximal length of foreign text, in characters. */
    public static final int LONGEST = 300;

    /** The maximal length of a sentence of ours that quotes foreign text, in characters. */
    public static final int LONGEST_SENTENCE = 1000;

    /** Text after this position is ignored. */
    private static final int LOOKED_AT = 4096;

    private static final String ELLIPSIS = "…";

    private static final String SECRET_NAME = "(?:passw(?:or)?d|passphrase|pwd|secret|token|credential|cookie|signature"
            + "|(?:api|access|private|client)[-_]?key|key[-_]?data)[\\w.-]{0,40}+[\"']?";
    private static final String VALUE =
            "(?:\"[^\"\\\\]*+(?:\\\\.[^\"\\\\]*+)*+\"?|'[^']*+'?|[^\\s\"'][^\\s,;&\"')\\]}]*+)";

    private static final List<Rule> RULES = List.of(
            // YAML parsers quote a line of the file, with a caret below it.
            rule("(?m)^.*\\R[ \\t]*\\^[ \\t]*$", ""),
            // A name that such a parser quotes may be a value without quotes.
            rule("\\b(undefined alias|duplicate anchor|undefined tag handle) \\S+", "$1 ***"),
            // Jackson.
            rule("(?s)\\b(Unrecognized token |value \\(|from String )(['\"]).*\\2", "$1***"),
            rule("(?s)\\[Source: .*?(?=; line: )", "[Source"),
            rule("(?s)-----BEGIN .*?(?:-----END [^-]*-----|$)", "***"),
            // Vert.x: "a header value must not end with '\r' or '\n': Bearer ...".
            rule("(?is)(header value.{0,60}?: ).*", "$1***"),
            rule(
                    "(?i)\\b((?:proxy-)?authorization|(?:set-)?cookie|x-[\\w-]{0,40}(?:token|key|auth)[\\w-]{0,40})"
                            + "([\"']?\\s*[:=]).*",
                    "$1$2 ***"),
            rule("(?im)^([\\s{,\"'-]*[\\w.-]{0,40}?" + SECRET_NAME + "[ \\t]*: )[ \\t]*\\S.*$", "$1***"),
            rule("://[^\\s\"'<>]*@", "://***@"),
            rule("(?<![^\\s\"'=])[^\\s\"'/:@=]+:[^\\s\"'/@]+@(?=[\\w\\[])", "***@"),
            rule("(?<=\\S)\\?[^\\s\"'<>?)]+", "?***"),
            // Base64 of {" (JWTs) and of -----BEGIN (keys).
            rule("(?:eyJ|LS0tLS1CRUdJTi)[\\w+/=.-]*", "***"),
            rule("(?i)\\b(bearer|negotiate)(\\s+)(?:token[\\s:=]+)?[\"']?[^\\s\"',]+", "$1$2***"),
            rule("\\b([Bb]asic|BASIC)(\\s+)(?![A-Za-z][a-z]*\\b)[\\w+/=.-]{4,}", "$1$2***"),
            // Not ".../serviceaccount/token: no such file", which is about a file.
            rule("(?i)(" + SECRET_NAME + "\\s*(?:=|(?<!/[\\w.-]{1,60}):)\\s*)" + VALUE, "$1***"),
            rule("(?i)(--[\\w-]{0,40}?" + SECRET_NAME + "\\s+)" + VALUE, "$1***"),
            rule("(?U)\\s*\\R\\s*|\\t", " "));

    private ForeignText() {}

    private record Rule(Pattern pattern, String replacement) {

        String apply(String text) {
            return pattern.matcher(text).replaceAll(replacement);
        }
    }

    private static Rule rule(String regex, String replacement) {
        return new Rule(Pattern.compile(regex), replacement);
    }

    /** The text {@code foreign}, made safe to show; empty for null. */
    public static String of(@Nullable String foreign) {
        return bounded(withoutSecrets(foreign), LONGEST);
    }

    /**
     * A sentence of ours that quotes foreign text, made safe to show even if the caller forgot {@link #of}; empty for
     * null.
     */
    public static String sentence(@Nullable String sentence) {
        return bounded(withoutSecrets(sentence), LONGEST_SENTENCE);
    }

    private static String withoutSecrets(@Nullable String foreign) {
        String text = foreign == null ? "" : foreign;
        if (text.length() > LOOKED_AT) {
            // Without the last, incomplete word: half of a secret may not be recognized.
            text = text.substring(0, LOOKED_AT).replaceFirst("\\S*+$", "") + ELLIPSIS;
        }
        for (Rule rule : RULES) {
            text = rule.apply(text);
        }
        return text.strip();
    }

    /** The message of {@code failure}, made safe to show; the name of its class if it has no message. */
    public static String of(Throwable failure) {
        String message = failure.getMessage();
        return message == null || message.isBlank() ? failure.getClass().getSimpleName() : of(message);
    }

    /**
     * A name, such as a holder's, made safe to show. A name is not a secret: it is bounded, and control characters and
     * other characters that change the display of the line are escaped.
     */
    public static String name(String name) {
        return bounded(name, LONGEST);
    }

    private static String bounded(String text, int longest) {
        StringBuilder shown = new StringBuilder(Math.min(text.length(), longest) + 1);
        for (int i = 0; i < text.length() && shown.length() <= longest; ) {
            int c = text.codePointAt(i);
            i += Character.charCount(c);
            switch (Character.getType(c)) {
                case Character.CONTROL,
                        Character.FORMAT,
                        Character.LINE_SEPARATOR,
                        Character.PARAGRAPH_SEPARATOR,
                        Character.SURROGATE -> shown.append(escaped(c));
                default -> shown.appendCodePoint(c);
            }
        }
        return shown.length() <= longest ? shown.toString() : cut(shown, longest);
    }

    private static String escaped(int c) {
        return switch (c) {
            case '\n' -> "\\n";
            case '\r' -> "\\r";
            case '\t' -> "\\t";
            default -> String.format("\\u%04x", c);
        };
    }

    private static String cut(StringBuilder text, int longest) {
        int end = longest - ELLIPSIS.length();
        return text.substring(0, Character.isHighSurrogate(text.charAt(end - 1)) ? end - 1 : end) + ELLIPSIS;
    }
}
