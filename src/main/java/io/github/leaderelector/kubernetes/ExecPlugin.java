package io.github.leaderelector.kubernetes;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.MissingNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.github.leaderelector.leadership.Ticker;
import io.github.leaderelector.text.ForeignText;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.time.OffsetDateTime;
import java.time.format.DateTimeParseException;
import java.util.ArrayList;
import java.util.Base64;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import org.jspecify.annotations.Nullable;

/**
 * Gets credentials from a program by client-go's rules: the program is started without a shell and writes a credential
 * to its standard output. The credential is used until it expires or the API server rejects it.
 *
 * <p>Blocks while the program runs, for a minute at most. For one thread at a time.
 */
final class ExecPlugin {

    private static final Duration LIMIT = Duration.ofMinutes(1);
    private static final int LONGEST_OUTPUT = 1 << 20;
    private static final String GROUP = "client.authentication.k8s.io/";

    private final Ticker ticker;
    private final Duration limit;

    private @Nullable JsonNode given;
    private @Nullable Credential cached;

    /**
     * The credential that a program returned.
     *
     * @param renewAt when to start the program again: a while before the credential expires
     */
    record Credential(
            Optional<String> token,
            Optional<String> certificate,
            Optional<String> key,
            Optional<Instant> expires,
            Optional<Instant> renewAt) {

        @Override
        public String toString() {
            return "Credential[expires " + expires + "]";
        }
    }

    ExecPlugin(Ticker ticker) {
        this(ticker, LIMIT);
    }

    ExecPlugin(Ticker ticker, Duration limit) {
        this.ticker = ticker;
        this.limit = limit;
    }

    /**
     * The credential of the program of {@code exec}; starts the program if the last credential is old or
     * {@code rejected}.
     */
    Credential credential(KubeconfigEntry exec, KubeconfigEntry cluster, boolean rejected) throws AccessException {
        @Nullable Credential known = cached;
        if (known != null
                && !rejected
                && exec.node().equals(given)
                && known.renewAt().map(at -> ticker.wallTime().isBefore(at)).orElse(true)) {
            return known;
        }
        Credential fresh = parsed(exec, run(exec, cluster));
        given = exec.node();
        cached = fresh;
        return fresh;
    }

    private String run(KubeconfigEntry exec, KubeconfigEntry cluster) throws AccessException {
        String command = exec.text("command")
                .orElseThrow(() -> AccessException.permanent(exec.field("command") + " is missing"));
        String version = version(exec);
        if (exec.node().path("interactiveMode").asText().equals("Always")) {
            throw AccessException.permanent(exec.field("interactiveMode") + " is 'Always', but nobody is there to ask");
        }
        List<String> line = new ArrayList<>();
        // A path is relative to the file; a plain name is looked up in the PATH.
        line.add(
                command.contains("/")
                        ? exec.file().toAbsolutePath().resolveSibling(command).toString()
                        : command);
        exec.node().path("args").forEach(argument -> line.add(argument.asText()));
        ProcessBuilder builder = new ProcessBuilder(line);
        for (JsonNode variable : exec.node().path("env")) {
            builder.environment()
                    .put(variable.path("name").asText(), variable.path("value").asText());
        }
        builder.environment().put("KUBERNETES_EXEC_INFO", info(exec, cluster, version));
        String who = "'" + ForeignText.name(command) + "', which " + exec.field("command") + " names,";
        Process process;
        try {
            process = builder.start();
        } catch (IOException notStarted) {
            throw AccessException.passing(who + " could not be started"
                    + exec.text("installHint")
                            .map(hint -> ": " + ForeignText.of(hint))
                            .orElse(""));
        }
        try {
            process.getOutputStream().close();
        } catch (IOException itReadsNothing) {
            // The program has ended already.
        }
        return output(process, who);
    }

    private String output(Process process, String who) throws AccessException {
        CompletableFuture<String> out = reading(process.getInputStream(), "exec-plugin-stdout");
        CompletableFuture<String> err = reading(process.getErrorStream(), "exec-plugin-stderr");
        try {
            if (!process.waitFor(limit.toMillis(), TimeUnit.MILLISECONDS)) {
                throw AccessException.passing(who + " did not end within " + limit.toSeconds() + " s");
            }
            if (process.exitValue() != 0) {
                String last = ForeignText.of(err.get(1, TimeUnit.SECONDS)
                        .lines()
                        .filter(line -> !line.isBlank())
                        .reduce("", (before, line) -> line));
                throw AccessException.passing(
                        who + " ended with status " + process.exitValue() + (last.isEmpty() ? "" : ": " + last));
            }
            return out.get(1, TimeUnit.SECONDS);
        } catch (InterruptedException interrupted) {
            Thread.currentThread().interrupt();
            throw AccessException.passing(who + " was not waited for");
        } catch (ExecutionException | TimeoutException unread) {
            throw AccessException.passing("the output of " + who + " could not be read");
        } finally {
            process.descendants().forEach(ProcessHandle::destroyForcibly);
            process.destroyForcibly();
        }
    }

    /** Reads {@code stream} on a thread of its own: a program blocks if one of its two outputs is not read. */
    private static CompletableFuture<String> reading(InputStream stream, String name) {
        CompletableFuture<String> text = new CompletableFuture<>();
        Thread thread = new Thread(
                () -> {
                    try (stream) {
                        text.complete(new String(stream.readNBytes(LONGEST_OUTPUT), StandardCharsets.UTF_8));
                    } catch (IOException failure) {
                        text.completeExceptionally(failure);
                    }
                },
                name);
        thread.setDaemon(true);
        thread.start();
        return text;
    }

    private static String version(KubeconfigEntry exec) throws AccessException {
        String version = exec.node().path("apiVersion").asText();
        if (!version.equals(GROUP + "v1") && !version.equals(GROUP + "v1beta1")) {
            throw AccessException.permanent(
                    exec.field("apiVersion") + " must be " + GROUP + "v1 or " + GROUP + "v1beta1");
        }
        return version;
    }

    private static String info(KubeconfigEntry exec, KubeconfigEntry cluster, String version) throws AccessException {
        ObjectNode info = JsonNodeFactory.instance.objectNode();
        info.put("kind", "ExecCredential").put("apiVersion", version);
        ObjectNode spec = info.putObject("spec").put("interactive", false);
        if (exec.flag("provideClusterInfo")) {
            ObjectNode about = spec.putObject("cluster");
            about.put("server", cluster.text("server").orElse(""));
            cluster.text("tls-server-name").ifPresent(name -> about.put("tls-server-name", name));
            if (cluster.flag("insecure-skip-tls-verify")) {
                about.put("insecure-skip-tls-verify", true);
            }
            cluster.text("proxy-url").ifPresent(url -> about.put("proxy-url", url));
            Optional<String> data = cluster.data("certificate-authority-data");
            Optional<Path> file = cluster.path("certificate-authority");
            if (data.isPresent() || file.isPresent()) {
                String ca = data.isPresent() ? data.get() : TextFile.read(file.get());
                about.put(
                        "certificate-authority-data",
                        Base64.getEncoder().encodeToString(ca.getBytes(StandardCharsets.UTF_8)));
            }
            for (JsonNode extension : cluster.node().path("extensions")) {
                if (extension.path("name").asText().equals("client.authentication.k8s.io/exec")) {
                    about.set("config", extension.path("extension"));
                }
            }
        }
        return info.toString();
    }

    private Credential parsed(KubeconfigEntry exec, String output) throws AccessException {
        String who = "'" + ForeignText.name(exec.text("command").orElse("")) + "', which " + exec.field("command")
                + " names,";
        JsonNode answer = Yaml.read(output, "the standard output of " + who).orElse(MissingNode.getInstance());
        if (!answer.path("kind").asText().equals("ExecCredential")
                || !answer.path("apiVersion").asText().equals(version(exec))) {
            throw AccessException.passing(who + " wrote no ExecCredential of " + version(exec));
        }
        JsonNode status = answer.path("status");
        Optional<String> token = text(status, "token");
        Optional<String> certificate = text(status, "clientCertificateData");
        Optional<String> key = text(status, "clientKeyData");
        if (token.isEmpty() && (certificate.isEmpty() || key.isEmpty())) {
            throw AccessException.passing(who + " gave neither a token nor a client certificate with its key");
        }
        return new Credential(
                token.isPresent() ? Optional.of(TextFile.token(token.get(), "the token of " + who)) : token,
                certificate,
                key,
                expires(status, who),
                expires(status, who).map(this::renewal));
    }

    private static Optional<String> text(JsonNode node, String field) {
        return Optional.of(node.path(field).asText("")).map(String::strip).filter(text -> !text.isEmpty());
    }

    private static Optional<Instant> expires(JsonNode status, String who) throws AccessException {
        Optional<String> time = text(status, "expirationTimestamp");
        try {
            return time.map(text -> OffsetDateTime.parse(text).toInstant());
        } catch (DateTimeParseException notOne) {
            throw AccessException.passing(who + " gave an expirationTimestamp that is no time");
        }
    }

    /**
     * When to renew: a fifth of the remaining lifetime before the end, a minute at most. The old credential stays in
     * use meanwhile.
     */
    private Instant renewal(Instant expires) {
        Duration fifth = Duration.between(ticker.wallTime(), expires).dividedBy(5);
        Duration minute = Duration.ofMinutes(1);
        return expires.minus(fifth.compareTo(minute) < 0 ? fifth : minute);
    }
}
