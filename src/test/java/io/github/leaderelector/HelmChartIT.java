package io.github.leaderelector;

import static org.assertj.core.api.Assertions.assertThat;

import io.fabric8.kubernetes.api.model.Container;
import io.fabric8.kubernetes.api.model.ContainerBuilder;
import io.fabric8.kubernetes.api.model.EnvVar;
import io.fabric8.kubernetes.api.model.HasMetadata;
import io.fabric8.kubernetes.api.model.NamespaceBuilder;
import io.fabric8.kubernetes.api.model.PodSpec;
import io.fabric8.kubernetes.api.model.apps.Deployment;
import io.fabric8.kubernetes.client.dsl.FieldValidateable;
import io.github.leaderelector.testkit.Helm;
import io.github.leaderelector.testkit.Kustomize;
import io.github.leaderelector.testkit.RealApiServer;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.function.Function;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** The Helm chart and the kustomize components are two ways to the same objects. */
class HelmChartIT {

    private static final Path CHART = Path.of("examples/helm");
    private static final String IMAGE = "leader-elector:1.0.0";

    private static RealApiServer server;

    @BeforeAll
    static void startServer() {
        RealApiServer.binariesMissing().ifPresent(why -> Assumptions.abort(why));
        server = RealApiServer.start(Path.of("target/helm-api-server"), List.of());
    }

    @AfterAll
    static void stopServer() {
        if (server != null) {
            server.close();
        }
    }

    @ParameterizedTest(name = "{0}")
    @CsvSource({
        "native-sidecar,              leader-elector.native=true",
        "plain-sidecar,               leader-elector.native=false",
        "native-sidecar service,      leader-elector.service=true",
        "native-sidecar label-gate,   leader-elector.label=true",
    })
    void theChartGivesTheObjectsOfTheComponents(String components, String value) {
        Map<String, HasMetadata> theirs =
                byName(Kustomize.example("helm-" + components.replace(' ', '-'), IMAGE, components.split(" ", -1)));

        Map<String, HasMetadata> ours = byName(Helm.template(CHART, "myapp", value));

        assertThat(ours.keySet()).isEqualTo(theirs.keySet());
        PodSpec ourPod = pod(ours);
        PodSpec theirPod = pod(theirs);
        assertThat(sidecar(ourPod)).isEqualTo(sidecar(theirPod));
        assertThat(ourPod.getVolumes()).isEqualTo(theirPod.getVolumes());
        assertThat(ourPod.getServiceAccountName()).isEqualTo(theirPod.getServiceAccountName());
        assertThat(ourPod.getEnableServiceLinks()).isEqualTo(theirPod.getEnableServiceLinks());
        // The application is the example's own business.
        ours.remove("Deployment myapp");
        theirs.remove("Deployment myapp");
        assertThat(ours).isEqualTo(theirs);
    }

    @Test
    void theApiServerTakesAReleaseOfAnotherName() {
        server.admin()
                .resource(new NamespaceBuilder()
                        .withNewMetadata()
                        .withName("helm")
                        .addToLabels("pod-security.kubernetes.io/enforce", "restricted")
                        .endMetadata()
                        .build())
                .create();

        Map<String, HasMetadata> objects =
                byName(Helm.template(CHART, "shop", "leader-elector.label=true", "leader-elector.settings.DRAIN=5s"));

        for (HasMetadata object : objects.values()) {
            server.admin()
                    .resource(object)
                    .inNamespace("helm")
                    .fieldValidation(FieldValidateable.Validation.STRICT)
                    .create();
        }
        assertThat(objects)
                .containsOnlyKeys(
                        "ServiceAccount shop",
                        "Role shop-leader-election",
                        "RoleBinding shop-leader-election",
                        "Service shop-leader",
                        "Deployment shop");
        assertThat(sidecar(pod(objects)).getEnv().stream().collect(Collectors.toMap(EnvVar::getName, EnvVar::getValue)))
                .containsEntry("LEASE_NAME", "shop-lock")
                .containsEntry("DRAIN", "5s");
    }

    @Test
    void theChartNamesTheImageOfThisVersion() throws IOException {
        Matcher version = Pattern.compile("<version>(.*)</version>").matcher(Files.readString(Path.of("pom.xml")));
        assertThat(version.find()).isTrue();

        assertThat(Files.readString(Path.of("src/main/helm/leader-elector/Chart.yaml")))
                .contains("appVersion: " + version.group(1) + "\n");
    }

    private static Map<String, HasMetadata> byName(String yaml) {
        return server.admin().load(new ByteArrayInputStream(yaml.getBytes(StandardCharsets.UTF_8))).items().stream()
                .collect(Collectors.toMap(
                        item -> item.getKind() + " " + item.getMetadata().getName(),
                        Function.identity(),
                        (one, other) -> one,
                        TreeMap::new));
    }

    private static PodSpec pod(Map<String, HasMetadata> objects) {
        return objects.values().stream()
                .filter(Deployment.class::isInstance)
                .map(deployment ->
                        ((Deployment) deployment).getSpec().getTemplate().getSpec())
                .findFirst()
                .orElseThrow();
    }

    // Kustomize puts what a patch adds first; the order means nothing.
    private static Container sidecar(PodSpec pod) {
        Container sidecar = Stream.concat(pod.getInitContainers().stream(), pod.getContainers().stream())
                .filter(container -> container.getName().equals("leader-elector"))
                .findFirst()
                .orElseThrow();
        return new ContainerBuilder(sidecar)
                .withEnv(sidecar.getEnv().stream()
                        .sorted(Comparator.comparing(EnvVar::getName))
                        .toList())
                .build();
    }
}
