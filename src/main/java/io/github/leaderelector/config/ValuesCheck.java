package io.github.leaderelector.config;

import io.github.leaderelector.text.ForeignText;
import java.net.URI;
import java.net.URISyntaxException;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.regex.Pattern;

/** The rules for words, numbers and URLs. */
final class ValuesCheck {

    private static final int HIGHEST_PORT = 65_535;
    private static final Pattern NUMBER = Pattern.compile("[0-9]{1,9}");

    private final Problems problems;

    ValuesCheck(Problems problems) {
        this.problems = problems;
    }

    /** The enum constant that {@code text} names; {@code fallback} if there is none. */
    <E extends Enum<E>> E oneOf(String name, Optional<String> text, E fallback) {
        String word = text.orElse("");
        List<String> allowed = new ArrayList<>();
        for (E constant : fallback.getDeclaringClass().getEnumConstants()) {
            if (constant.name().equals(word.strip().toUpperCase(Locale.ROOT))) {
                return constant;
            }
            allowed.add("'" + constant.name().toLowerCase(Locale.ROOT) + "'");
        }
        problems.wrong(name, word, String.join(" or ", allowed));
        return fallback;
    }

    boolean bool(String name, String text) {
        String word = text.strip().toLowerCase(Locale.ROOT);
        if (!word.equals("true") && !word.equals("false")) {
            problems.wrong(name, text, "'true' or 'false'");
        }
        return word.equals("true");
    }

    int number(String name, String text, int least, int most) {
        int number = parsed(text);
        if (number < least || number > most) {
            problems.wrong(name, text, "a number from " + least + " to " + most);
        }
        return number;
    }

    /** The number in {@code text}; -1 if there is none. Quarkus, which reads the same port, strips it, too. */
    private static int parsed(String text) {
        String digits = text.strip();
        return NUMBER.matcher(digits).matches() ? Integer.parseInt(digits) : -1;
    }

    URI url(String name, String text) {
        try {
            URI url = new URI(text.strip());
            boolean http = "http".equalsIgnoreCase(url.getScheme()) || "https".equalsIgnoreCase(url.getScheme());
            if (http && url.getHost() != null && url.getPort() <= HIGHEST_PORT && url.getUserInfo() == null) {
                return url;
            }
        } catch (URISyntaxException invalid) {
            // Reported below, as every other invalid URL.
        }
        // A password must not end up in a log.
        problems.wrong(
                name,
                ForeignText.of(text),
                "an http or https URL without a user, such as 'http://localhost:8080/health'");
        return URI.create("");
    }

    int httpPort(String text) {
        int port = parsed(text);
        if (port < 0 || port > HIGHEST_PORT) {
            problems.wrong(
                    "HTTP_PORT",
                    text,
                    "a number from 1 to 65535, or 0 for any free port"
                            + (text.contains("://")
                                    ? "; Kubernetes itself sets this variable for a Service named 'http', unless the"
                                            + " container sets it or the pod has 'enableServiceLinks: false'"
                                    : ""));
        }
        return port;
    }
}
