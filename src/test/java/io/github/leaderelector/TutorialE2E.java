package io.github.leaderelector;

import static org.assertj.core.api.Assertions.assertThat;

import io.github.leaderelector.testkit.CodeBlock;
import io.github.leaderelector.testkit.Kustomize;
import io.github.leaderelector.testkit.Programs;
import io.github.leaderelector.testkit.Wait;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/**
 * Types the commands of the tutorial, as they stand there, in the cluster of {@code KUBECONFIG}: all but the making of
 * the image and what needs the image of PostgreSQL.
 */
class TutorialE2E {

    private static final Path FOLDER = Path.of("target", "tutorial").toAbsolutePath();
    private static final String NAMESPACE = "tutorial-" + Long.toString(System.currentTimeMillis() % 1_000_000, 36);
    private static final Duration PATIENCE = Duration.ofMinutes(4);
    private static final String HOLDER = "kubectl get lease myapp-lock -o jsonpath='{.spec.holderIdentity}'";

    private Map<String, String> environment = Map.of();

    /** A kubeconfig of its own, whose namespace is new. */
    @BeforeEach
    void makeTheNamespace() throws IOException {
        String kubeconfig = System.getenv("KUBECONFIG");
        Assumptions.assumeTrue(kubeconfig != null, "KUBECONFIG names no cluster.");
        Assumptions.assumeTrue(
                System.getProperty("image", "").equals("leader-elector:1.0.0"),
                "-Dimage= is not the image that the tutorial's manifests name.");
        Files.createDirectories(FOLDER);
        Path own = FOLDER.resolve("kubeconfig");
        Files.copy(Path.of(kubeconfig), own, StandardCopyOption.REPLACE_EXISTING);
        Path kubectl = FOLDER.resolve("kubectl");
        Files.writeString(kubectl, "#!/bin/sh\nexec " + Kustomize.kubectl() + " \"$@\"\n");
        assertThat(kubectl.toFile().setExecutable(true)).isTrue();
        environment = Map.of("KUBECONFIG", own.toString(), "PATH", FOLDER + ":" + System.getenv("PATH"));
        succeed("kubectl create namespace " + NAMESPACE);
        succeed("kubectl config set-context --current --namespace=" + NAMESPACE);
    }

    @AfterEach
    void deleteTheNamespace() throws IOException {
        if (!environment.isEmpty()) {
            run("kubectl delete namespace --wait=false " + NAMESPACE);
            run("kubectl delete pod --all --grace-period=0 --force");
        }
    }

    @Test
    void theTutorialWorksUpToTheWorkerThatStartsAndStops() throws IOException {
        List<String> commands = new ArrayList<>();
        for (CodeBlock block : CodeBlock.in(Path.of("docs", "tutorial.md"))) {
            if (block.section().matches("[234]\\. .*")) {
                commands.addAll(block.commands());
            }
        }
        assertThat(commands).hasSizeGreaterThan(10);

        String first = "";
        for (String command : commands) {
            if (command.contains(HOLDER) || command.startsWith("kubectl logs")) {
                awaitLeader();
            }
            if (command.startsWith("kubectl delete pod")) {
                first = run(HOLDER).output();
            }
            if (command.endsWith("--watch")) {
                assertThat(run("timeout 20 " + command).output()).contains("myapp-lock");
            } else {
                succeed(command);
            }
        }

        assertThat(run(HOLDER).output()).isNotEqualTo(first);
        String logs = commands.get(commands.size() - 1);
        Wait.until(
                PATIENCE,
                () -> "The worker was not stopped and started.",
                () -> run(logs).output().matches("(?s).*while-leading: stopped.*"));
        assertThat(run(logs).output()).contains("while-leading: this pod leads; starting sh");

        theCommandsThatOtherDocumentsHaveForARunningPodWork();
    }

    private void theCommandsThatOtherDocumentsHaveForARunningPodWork() throws IOException {
        List<String> commands = Stream.of("endpoints.md", "troubleshooting.md")
                .flatMap(document -> CodeBlock.in(Path.of("docs", document)).stream())
                .filter(block -> block.language().equals("sh"))
                .flatMap(block -> block.commands().stream())
                .filter(command -> command.matches("kubectl (exec|port-forward) .*"))
                .toList();
        assertThat(commands).hasSize(3);

        for (String command : commands) {
            awaitLeader();
            String here =
                    command.replaceFirst("\\bPOD\\b|(?<=pod/)\\S+", run(HOLDER).output());
            if (command.startsWith("kubectl port-forward")) {
                assertThat(run("timeout 10 " + here).output()).contains("Forwarding from");
            } else {
                succeed(here);
            }
        }
    }

    /** Not the one of before a rollout: people do not type so fast. */
    private void awaitLeader() {
        String state =
                "kubectl get pod -o jsonpath='{.metadata.deletionTimestamp}{.status.containerStatuses[0].ready}'";
        Wait.until(
                PATIENCE,
                () -> "No running pod leads.",
                () -> run(state + " $(" + HOLDER + ")").output().equals("true"));
    }

    private void succeed(String command) throws IOException {
        Programs.Ended ended = run(command);
        assertThat(ended.status()).as(command + "\n" + ended.output()).isZero();
    }

    private Programs.Ended run(String command) throws IOException {
        return Programs.run(List.of("sh", "-c", command), "", environment, PATIENCE);
    }
}
