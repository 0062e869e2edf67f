package io.github.leaderelector.text;

import java.util.List;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * Makes text that others wrote fit to be logged, answered, or written into an Event, a metric or the termination
 * message: one line, bounded, without control characters and without secrets.
 *
 * <p>What is fit already stays as it is. Rather too much is left out than too little.
 */
public final class ForeignText {

    /** The most characters of what others wrote. */
    public static final int LONGEST = 300;

    /** The most characters of a sentence of ours in which others have their say. */
    public static final int LONGEST_SENTENCE = 1000;

    /** What is further behind is not even looked at. */
    private static final int LOOKED_AT = 4096;

    private static final String ELLIPSIS = "…";

    private static final String SECRET_NAME = "(?:passw(?:or)?d|passphrase|pwd|secret|token|credential|cookie|signature"
            + "|(?:api|access|private|client)[-_]?key|key[-_]?data)[\\w.-]{0,40}+[\"']?";
    private static final String VALUE =
            "(?:\"[^\"\\\\]*+(?:\\\\.[^\"\\\\]*+)*+\"?|'[^']*+'?|[^\\s\"'][^\\s,;&\"')\\]}]*+)";

    private static final List<Rule> RULES = List.of(
            // A line under which a caret points at something quotes a file: parsers of YAML do so.
            rule("(?m)^.*\\R[ \\t]*\\^[ \\t]*$", ""),
            // What such parsers call by its name may be a value without its quotes.
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
            // What begins with {" in Base64: JWTs; with -----BEGIN: keys.
            rule("(?:eyJ|LS0tLS1CRUdJTi)[\\w+/=.-]*", "***"),
            rule("(?i)\\b(bearer|negotiate)(\\s+)(?:token[\\s:=]+)?[\"']?[^\\s\"',]+", "$1$2***"),
            rule("\\b([Bb]asic|BASIC)(\\s+)(?![A-Za-z][a-z]*\\b)[\\w+/=.-]{4,}", "$1$2***"),
            // But ".../serviceaccount/token: no such file" is about a file.
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

    /** What others wrote, fit to be shown; empty for nothing. */
    public static String of(@Nullable String foreign) {
        return bounded(withoutSecrets(foreign), LONGEST);
    }

    /**
     * A sentence of ours in which others have their say, fit to be shown, should anybody have forgotten {@link #of};
     * empty for nothing.
     */
    public static String sentence(@Nullable String sentence) {
        return bounded(withoutSecrets(sentence), LONGEST_SENTENCE);
    }

    private static String withoutSecrets(@Nullable String foreign) {
        String text = foreign == null ? "" : foreign;
        if (text.length() > LOOKED_AT) {
            // Without the word that this cuts: half a secret may not look like one.
            text = text.substring(0, LOOKED_AT).replaceFirst("\\S*+$", "") + ELLIPSIS;
        }
        for (Rule rule : RULES) {
            text = rule.apply(text);
        }
        return text.strip();
    }

    /** Why something failed: what {@code failure} says, or what it is called when it says nothing. */
    public static String of(Throwable failure) {
        String message = failure.getMessage();
        return message == null || message.isBlank() ? failure.getClass().getSimpleName() : of(message);
    }

    /**
     * A name, such as a holder's, fit to be shown. A name is no secret: it is bounded, and its control characters are
     * escaped, and so is whatever else changes how the line around it looks.
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
