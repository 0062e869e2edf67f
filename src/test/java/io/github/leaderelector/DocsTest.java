package io.github.leaderelector;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.annotation.JsonPropertyOrder;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.github.leaderelector.answer.HolderAnswer;
import io.github.leaderelector.answer.LeaderAnswer;
import io.github.leaderelector.answer.StatusAnswer;
import io.github.leaderelector.config.LeaderElectorConfig;
import io.github.leaderelector.leadership.Reason;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.regex.MatchResult;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Keeps the documents and manifests true to the code, where that is cheap. */
class DocsTest {

    private static final Path SOURCES = Path.of("src", "main", "java");
    private static final Path MANIFESTS = Path.of("src", "main", "kubernetes");

    private static final Pattern LINK = Pattern.compile("]\\(([^)\\s]+)\\)");
    private static final Pattern HEADING = Pattern.compile("(?m)^#+ (.+)$");
    private static final Pattern CODE_BLOCK = Pattern.compile("(?ms)^```.*?^```$");

    /** All host names that documents and manifests may name: documentation, API groups, and this machine. */
    private static final Set<String> HOSTS = Set.of(
            "127.0.0.1",
            "app.kubernetes.io",
            "coordination.k8s.io",
            "keepachangelog.com",
            // The identity that signs a release.
            "github.com",
            "token.actions.githubusercontent.com",
            "kubernetes.io",
            "kustomize.config.k8s.io",
            "leader-elector.github.io",
            "leases.coordination.k8s.io",
            "discovery.k8s.io",
            "topology.kubernetes.io",
            "localhost",
            "monitoring.coreos.com",
            "rbac.authorization.k8s.io",
            "semver.org");

    private static final Pattern HOST = Pattern.compile(
            "(?:https?://([\\w.-]+))|(?<![\\w./-])((?:[\\w-]+\\.)+(?:com|dev|gov|io|net|org))(?![\\w.-]*\\()");

    /** Where the files of one developer or of one machine are. */
    private static final Pattern MACHINE_PATH =
            Pattern.compile("(?<![\\w.:}>/-])/(?:home|opt|root|srv|usr|work|Users)(?=/|\\b)");

    static List<Path> documents() {
        return files(Path.of(""), ".md");
    }

    static List<Path> documentsAndManifests() {
        return Stream.of(documents(), files(MANIFESTS, ".yaml"), files(Path.of("examples"), ".yaml"))
                .flatMap(List::stream)
                .toList();
    }

    @Test
    void theExampleAnswersHaveTheFieldsOfTheRealOnesInOrder() throws IOException {
        List<JsonNode> examples = new ArrayList<>();
        for (MatchResult block : Pattern.compile("(?ms)^```json\\n(.*?)^```$")
                .matcher(read(Path.of("docs", "endpoints.md")))
                .results()
                .toList()) {
            examples.add(new ObjectMapper().readTree(block.group(1)));
        }
        List<String> leaderFields = fields(LeaderAnswer.class);
        List<String> holderFields = fields(HolderAnswer.class);

        assertThat(examples.stream().filter(e -> e.has("leadership")))
                .singleElement()
                .satisfies(status -> {
                    assertThat(status.fieldNames()).toIterable().containsExactlyElementsOf(fields(StatusAnswer.class));
                    assertThat(status.get("leadership").fieldNames())
                            .toIterable()
                            .containsExactlyElementsOf(leaderFields);
                    assertThat(status.get("transitions").get(0).fieldNames())
                            .toIterable()
                            .containsExactlyElementsOf(fields(StatusAnswer.Change.class));
                });
        assertThat(examples.stream().filter(e -> e.has("leader")))
                .hasSizeGreaterThanOrEqualTo(2)
                .allSatisfy(e -> assertThat(e.fieldNames()).toIterable().containsExactlyElementsOf(leaderFields));
        assertThat(examples.stream().filter(e -> e.has("last_update")))
                .isNotEmpty()
                .allSatisfy(e -> assertThat(e.fieldNames()).toIterable().containsExactlyElementsOf(holderFields));
    }

    @Test
    void allReasonsAreExplained() {
        assertThat(Pattern.compile("(?m)^\\| `([a-z_]+)` \\|")
                        .matcher(read(Path.of("docs", "endpoints.md")))
                        .results()
                        .map(row -> row.group(1)))
                .containsAll(Arrays.stream(Reason.Code.values())
                        .map(code -> code.name().toLowerCase(Locale.ROOT))
                        .toList());
    }

    /** In a heading, {@code <file>} stands for any file. */
    @Test
    void everyMessageInTheTroubleshootingIsOneOfOurs() {
        String code = sources();
        List<String> headings = messageHeadings();

        assertThat(headings).hasSizeGreaterThan(10).allSatisfy(heading -> {
            for (String fragment : heading.split("<[^>]+>", -1)) {
                // Not assertThat(code).contains(...), which would print all of it.
                assertThat(code.contains(fragment.strip()))
                        .as("'%s' is in the code", fragment.strip())
                        .isTrue();
            }
        });
    }

    @Test
    void everyLineThatWeLogIsInTheTroubleshooting() {
        String headings = String.join("\n", messageHeadings());

        assertThat(Pattern.compile("LOG\\.(?:info|warn|error)f?\\(\\s*\"(?:LE-\\d{3} )?((?:[^\"\\\\]|\\\\.)+)\"")
                        .matcher(sources())
                        .results()
                        .map(line -> line.group(1)))
                .hasSizeGreaterThan(5)
                .allSatisfy(line -> {
                    for (String fragment : line.split("%[sd]", -1)) {
                        assertThat(headings.contains(fragment.strip()))
                                .as("'%s' is in a heading of docs/troubleshooting.md", fragment.strip())
                                .isTrue();
                    }
                });
    }

    @Test
    void everyLineThatWeLogHasAnIdOfItsOwnByWhichTheTroubleshootingListsIt() {
        String code = sources();
        List<String> ids = Pattern.compile("\"(LE-\\d{3}) ")
                .matcher(code)
                .results()
                .map(id -> id.group(1))
                .toList();

        assertThat(Pattern.compile("LOG(?:::\\w+|\\.(?:info|warn|error)f?\\((?!\\s*\"LE-\\d{3} )[^;]*)")
                        .matcher(code)
                        .results()
                        .map(MatchResult::group))
                .as("calls without an id")
                .isEmpty();
        assertThat(ids).doesNotHaveDuplicates();
        assertThat(Pattern.compile("(?m)^### (LE-\\d{3}) `")
                        .matcher(read(Path.of("docs", "troubleshooting.md")))
                        .results()
                        .map(id -> id.group(1))
                        .collect(Collectors.toSet()))
                .isEqualTo(Set.copyOf(ids));
    }

    @ParameterizedTest
    @MethodSource("documents")
    void everyRelativeLinkLeadsSomewhere(Path document) {
        String prose = CODE_BLOCK.matcher(read(document)).replaceAll("");
        for (MatchResult link : LINK.matcher(prose).results().toList()) {
            String target = link.group(1);
            if (target.contains("://")) {
                continue;
            }
            String[] parts = target.split("#", 2);
            Path file = parts[0].isEmpty() ? document : document.resolveSibling(parts[0]);
            assertThat(file).as("link '%s' in %s", target, document).exists();
            if (parts.length == 2) {
                assertThat(anchors(file))
                        .as("link '%s' in %s", target, document)
                        .contains(parts[1]);
            }
        }
    }

    /** {@code DocsCommandsIT} finds the commands by their fences. */
    @ParameterizedTest
    @MethodSource("documents")
    void everyBlockOfCodeIsFenced(Path document) {
        assertThat(Pattern.compile("(?m)^\\n {4}.*")
                        .matcher(CODE_BLOCK.matcher(read(document)).replaceAll(""))
                        .results()
                        .map(MatchResult::group))
                .isEmpty();
    }

    @ParameterizedTest
    @MethodSource("documents")
    void everyTestThatADocumentNamesExists(Path document) {
        List<String> tests = files(Path.of("src", "test", "java"), ".java").stream()
                .map(file -> file.getFileName().toString().replace(".java", ""))
                .toList();

        assertThat(Pattern.compile("`(\\w+(?:Test|IT|E2E))`")
                        .matcher(read(document))
                        .results()
                        .map(test -> test.group(1)))
                .isSubsetOf(tests);
    }

    @ParameterizedTest
    @MethodSource("documentsAndManifests")
    void nothingNamesARegistryOrAMachine(Path file) {
        String text = read(file);

        assertThat(HOST.matcher(text).results().map(h -> h.group(1) == null ? h.group(2) : h.group(1)))
                .isSubsetOf(HOSTS);
        assertThat(MACHINE_PATH.matcher(text).results().map(MatchResult::group)).isEmpty();
    }

    @ParameterizedTest
    @ValueSource(strings = {"native-sidecar", "plain-sidecar"})
    void theManifestsAgreeOnTheLease(String component) {
        String role = read(MANIFESTS.resolve("base").resolve("rbac.yaml"));
        Map<String, String> environment = environment(MANIFESTS.resolve(component));

        assertThat(role).contains("resourceNames: [" + environment.get("LEASE_NAME") + "]");
    }

    @Test
    void theManifestsSetOnlySettingsThatExist() {
        assertThat(environment(MANIFESTS).keySet())
                .isSubsetOf(Stream.of(LeaderElectorConfig.class.getMethods())
                        .map(m -> m.getName().replaceAll("([A-Z])", "_$1").toUpperCase(Locale.ROOT))
                        .toList());
    }

    @Test
    void theTwoSidecarsDifferOnlyInTheirKind() {
        assertThat(yamlOf("plain-sidecar").replace("      containers:", "      initContainers:"))
                .isEqualTo(yamlOf("native-sidecar").replaceFirst(" +restartPolicy: Always\\n", ""));
    }

    private static String yamlOf(String component) {
        return read(MANIFESTS.resolve(component).resolve("sidecar.yaml")).replaceAll("(?m)^ *#.*\\n", "");
    }

    private static Map<String, String> environment(Path folder) {
        return files(folder, ".yaml").stream()
                .flatMap(file -> Pattern.compile("- name: ([A-Z_]+)\\s+value: (\\S+)")
                        .matcher(read(file))
                        .results())
                .collect(Collectors.toMap(e -> e.group(1), e -> e.group(2), (one, same) -> one));
    }

    private static List<String> fields(Class<?> answer) {
        return List.of(answer.getAnnotation(JsonPropertyOrder.class).value());
    }

    private static List<String> messageHeadings() {
        return Pattern.compile("(?m)^### (?:LE-\\d{3} )?`(.+)`$")
                .matcher(read(Path.of("docs", "troubleshooting.md")))
                .results()
                .map(heading -> heading.group(1))
                .toList();
    }

    private static List<String> anchors(Path document) {
        return HEADING.matcher(read(document))
                .results()
                .map(heading -> heading.group(1)
                        .toLowerCase(Locale.ROOT)
                        .replaceAll("[^\\w\\- ]", "")
                        .replace(' ', '-'))
                .toList();
    }

    /** Our source code, with string literals that are split over lines put together again. */
    private static String sources() {
        return files(SOURCES, ".java").stream()
                .map(DocsTest::read)
                .map(text -> text.replaceAll("\"\\s*\\+\\s*\"", ""))
                .collect(Collectors.joining("\n"));
    }

    private static List<Path> files(Path directory, String suffix) {
        try (Stream<Path> all = Files.walk(directory)) {
            return all.filter(file -> file.toString().endsWith(suffix))
                    .filter(file -> Stream.of(".git", ".mvn").noneMatch(file::startsWith))
                    .filter(file -> !file.toString().matches("(.*/)?target/.*"))
                    .sorted()
                    .toList();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static String read(Path file) {
        try {
            return Files.readString(file);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
