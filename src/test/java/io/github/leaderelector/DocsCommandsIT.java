package io.github.leaderelector;

import static org.assertj.core.api.Assertions.assertThat;

import io.fabric8.kubernetes.api.model.NodeBuilder;
import io.fabric8.kubernetes.api.model.PodBuilder;
import io.github.leaderelector.testkit.CodeBlock;
import io.github.leaderelector.testkit.Kustomize;
import io.github.leaderelector.testkit.Ports;
import io.github.leaderelector.testkit.Programs;
import io.github.leaderelector.testkit.RealApiServer;
import io.github.leaderelector.testkit.SidecarProcess;
import io.github.leaderelector.testkit.Wait;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * Runs the commands of the documents, as they stand there, on a real API server beside a packaged sidecar. There are no
 * nodes: what needs a running pod is listed here, as is what CI runs elsewhere. A new command that is not listed is
 * run.
 */
class DocsCommandsIT {

    private static final String BUILD = "a build within the build; .ci/run runs all that CI needs of them";
    private static final String RUNNING_POD = "needs a running pod; TutorialE2E runs it";
    private static final String SERVICE = "needs a running pod; ServiceE2E asks the same Service";
    private static final String IMAGE = "needs a builder of images; .ci/images builds the same files";

    /** The commands that are not run here, with the reason. */
    private static final Map<String, String> NOT_RUN = Map.ofEntries(
            Map.entry("./mvnw verify", BUILD),
            Map.entry("./mvnw test", BUILD),
            Map.entry("./mvnw test -Dtest=LeaderFileTest", BUILD),
            Map.entry("./mvnw verify -Dit.test=MainIT -Dtest=None -Dsurefire.failIfNoSpecifiedTests=false", BUILD),
            Map.entry("./mvnw package -DskipTests", BUILD),
            Map.entry("./mvnw spotless:apply", BUILD),
            Map.entry("./mvnw -Pdemo", BUILD),
            Map.entry("./mvnw -Pdemo -Ddemo.rounds=4", BUILD),
            Map.entry("./mvnw -Pfaults verify -Dfaults.short", BUILD),
            Map.entry("./mvnw -Pfaults verify", BUILD),
            Map.entry("./mvnw -Pbench verify", BUILD),
            Map.entry("./mvnw -Pdocs verify", BUILD),
            Map.entry("./mvnw -Ptimes verify", BUILD),
            Map.entry("./mvnw -Psbom verify -DskipTests", BUILD),
            Map.entry("./mvnw -Pmutation verify", BUILD),
            Map.entry(".ci/first-run", BUILD),
            Map.entry(".ci/run", BUILD),
            Map.entry("./mvnw test -Dtest=SimulationTest -Dsimulation.schedules=1000000", BUILD),
            Map.entry("./mvnw test -Dtest=SimulationTest -Dsimulation.seed=4711", BUILD),
            Map.entry("./mvnw test -Dtest=SettingsTableTest -Dsettings.table=write", BUILD),
            Map.entry("./mvnw -f examples/quarkus package", "ExamplesIT runs it"),
            Map.entry("CGO_ENABLED=0 go build -C src/test/clientgo -trimpath -o /tmp/clientgo .", "ClientGo runs it"),
            Map.entry(
                    "java -cp target/quarkus-app/quarkus-run.jar src/main/docker/Train.java sidecar.aot java -XX:Flags=src/main/docker/jvm.flags -jar"
                            + " target/quarkus-app/quarkus-run.jar",
                    "needs JDK 25; the image's build runs it"),
            Map.entry(
                    "java -XX:Flags=src/main/docker/jvm.flags -XX:AOTCache=sidecar.aot -jar target/quarkus-app/quarkus-run.jar",
                    "needs JDK 25; the image does so"),
            Map.entry("docker build -f src/main/docker/Dockerfile.native -t leader-elector:1.0.0 .", IMAGE),
            Map.entry("docker build -f src/main/docker/Dockerfile.jvm -t leader-elector:1.0.0-jvm .", IMAGE),
            Map.entry("docker build -f src/main/docker/Dockerfile.jvm -t leader-elector:1.0.0 .", IMAGE),
            Map.entry("docker build -f src/main/docker/Dockerfile.native -t REGISTRY/leader-elector:1.0.0 .", IMAGE),
            Map.entry("docker build -t quarkus-job:1.0.0 examples/quarkus", "needs a builder of images"),
            Map.entry("kubectl port-forward pod/myapp-6c5d7f9b8-x2x4z 4040", RUNNING_POD),
            Map.entry("kubectl exec POD -c myapp -- wget -q -O - http://127.0.0.1:4040/leader", RUNNING_POD),
            Map.entry(
                    "kubectl exec POD -c myapp -- wget -q -O - --post-data= http://127.0.0.1:4040/leader/step-down",
                    RUNNING_POD),
            Map.entry(
                    "kubectl exec $(kubectl get lease myapp-lock -o jsonpath='{.spec.holderIdentity}') -c myapp --"
                            + " wget -q -O - --post-data= http://127.0.0.1:4040/leader/step-down",
                    RUNNING_POD),
            Map.entry("kubectl exec deployment/myapp -c myapp -- wget -q -O - myapp-leader/leader", SERVICE),
            Map.entry(
                    "kubectl exec deployment/myapp-database -- psql -U postgres -c \"SELECT fence('myapp-lock', 1)\"",
                    "needs a running pod; ExamplesIT asks the database so"));

    /** These go on until they are stopped, or until something happens that needs a controller. */
    private static final Pattern ENDLESS =
            Pattern.compile("^while | -jar target|^curl -N | --watch$|^kubectl rollout status ");

    private static final Pattern KIND = Pattern.compile("(?m)^kind: ");
    private static final Path FOLDER = Path.of("target", "docs-commands").toAbsolutePath();
    private static final Path LEADER_FILE = FOLDER.resolve("leader_status");
    private static final Duration SOON = Duration.ofSeconds(60);

    private static final int PORT = Ports.free();

    private static RealApiServer server;
    private static SidecarProcess sidecar;
    private static Map<String, String> environment;

    @BeforeAll
    static void startServerAndSidecar() throws IOException {
        RealApiServer.binariesMissing().ifPresent(why -> Assumptions.abort(why));
        server = RealApiServer.start(FOLDER.resolve("api-server"), List.of());
        Path kubeconfig = server.kubeconfig(FOLDER.resolve("kubeconfig"), RealApiServer.ADMIN);
        Path programs = FOLDER.resolve("bin");
        Files.createDirectories(programs);
        program(programs.resolve("kubectl"), "exec " + Kustomize.kubectl() + " \"$@\"");
        program(programs.resolve("do-one-piece-of-work"), "echo done");
        environment = Map.of(
                "KUBECONFIG",
                kubeconfig.toString(),
                "PATH",
                String.join(
                        ":",
                        programs.toString(),
                        Path.of("src/main/sh").toAbsolutePath().toString(),
                        System.getenv("PATH")),
                // Of the second sidecar, which the README starts.
                "IDENTITY",
                "second",
                "HTTP_PORT",
                String.valueOf(Ports.free()),
                "LEADER_FILE",
                FOLDER.resolve("second").toString());

        // The objects that the commands use.
        run("kubectl apply -k src/main/kubernetes");
        server.admin()
                .resource(new NodeBuilder()
                        .withNewMetadata()
                        .withName("worker-1")
                        .endMetadata()
                        .build())
                .create();
        server.admin()
                .resource(new PodBuilder()
                        .withNewMetadata()
                        .withName("docs")
                        .withNamespace("default")
                        .endMetadata()
                        .withNewSpec()
                        .addNewContainer()
                        .withName("myapp")
                        .withImage("busybox:1")
                        .endContainer()
                        .endSpec()
                        .build())
                .create();
        sidecar = SidecarProcess.start(
                SidecarProcess.Spec.of(
                        Map.of(
                                "KUBECONFIG",
                                kubeconfig.toString(),
                                "LEASE_NAME",
                                "myapp-lock",
                                "NAMESPACE",
                                "default",
                                "IDENTITY",
                                "docs",
                                "HTTP_PORT",
                                String.valueOf(PORT),
                                "LEADER_FILE",
                                LEADER_FILE.toString()),
                        FOLDER.resolve("sidecar.log")),
                PORT);
    }

    @AfterAll
    static void stopThem() {
        if (sidecar != null) {
            sidecar.close();
        }
        if (server != null) {
            server.close();
        }
    }

    static List<Arguments> commandsThatRun() {
        return allCommands().stream()
                .filter(command -> !NOT_RUN.containsKey((String) command.get()[1]))
                .toList();
    }

    /** In the order of the documents, because one command stands on another. */
    @ParameterizedTest(name = "{0}: {1}")
    @MethodSource
    void commandsThatRun(Path document, String command) throws IOException {
        // One of the commands makes it step down for a while.
        Wait.until(SOON, () -> "It does not lead:\n" + sidecar.tail(), () -> Files.exists(LEADER_FILE));

        if (ENDLESS.matcher(command).find()) {
            assertPrintsALineAndGoesOn(here(command));
        } else {
            Programs.Ended ended = run(here(command));
            assertThat(ended.status()).as(ended.output()).isZero();
        }
    }

    private static void assertPrintsALineAndGoesOn(String command) {
        // A signal to timeout reaches all that it has started.
        SidecarProcess.Spec spec = new SidecarProcess.Spec(
                List.of("timeout", "120", "sh", "-c", command), environment, FOLDER.resolve("endless.log"));
        try (SidecarProcess process = SidecarProcess.start(spec, 0)) {
            Wait.until(SOON, () -> "It says nothing.", () -> !process.lines().isEmpty());
            Wait.pass(Duration.ofMillis(500));
            assertThat(process.isAlive()).as(process.tail()).isTrue();
            process.terminate();
            process.awaitExit(SOON);
        }
    }

    @Test
    void whatIsListedAsNotRunIsInTheDocuments() {
        assertThat(allCommands().stream().map(command -> (String) command.get()[1]))
                .containsAll(NOT_RUN.keySet());
    }

    static List<Arguments> manifestsInTheDocuments() {
        return blocks("yaml")
                .filter(block -> KIND.matcher(block.text()).find())
                .map(block -> Arguments.of(block.document(), block.text()))
                .toList();
    }

    @ParameterizedTest(name = "{0}")
    @MethodSource
    void manifestsInTheDocuments(Path document, String yaml) throws IOException {
        Path file = Files.writeString(FOLDER.resolve("pasted.yaml"), yaml);

        Programs.Ended ended = run("kubectl apply --dry-run=server --validate=strict -f " + file);

        assertThat(ended.status()).as(ended.output()).isZero();
    }

    private static Programs.Ended run(String command) throws IOException {
        return Programs.run(List.of("sh", "-c", command), "", environment);
    }

    /** Port, file and namespace as they are in this test. */
    private static String here(String command) {
        return command.replace("4040", String.valueOf(PORT))
                .replaceAll("/(?:tmp|leader)/leader_status", LEADER_FILE.toString())
                .replace("-n NAMESPACE", "-n default");
    }

    private static List<Arguments> allCommands() {
        return blocks("sh")
                .flatMap(block -> block.commands().stream().map(command -> Arguments.of(block.document(), command)))
                .toList();
    }

    private static Stream<CodeBlock> blocks(String language) {
        return DocsTest.documents().stream()
                .flatMap(document -> CodeBlock.in(document).stream())
                .filter(block -> block.language().equals(language));
    }

    private static void program(Path file, String script) throws IOException {
        Files.writeString(file, "#!/bin/sh\n" + script + "\n");
        Files.setPosixFilePermissions(file, PosixFilePermissions.fromString("rwxr-xr-x"));
    }
}
