package io.github.leaderelector.outlet.service;

import com.fasterxml.jackson.databind.JsonNode;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * The parts of our pod that an endpoint needs. They do not change after the pod has its addresses.
 *
 * @param namespace its namespace
 * @param name its name
 * @param uid tells it from another pod of the same name
 * @param node the node that it runs on; null before it is known
 * @param zone the zone of that node, from the pod's labels; null if it has none
 * @param addresses one for each family that it has
 * @param ports the numbers of its containers' ports that have a name
 */
record OwnPod(
        String namespace,
        String name,
        String uid,
        @Nullable String node,
        @Nullable String zone,
        Map<Family, String> addresses,
        Map<NamedPort, Integer> ports) {

    /** Kubernetes copies the node's label to the pod (admission plugin PodTopologyLabels, on since 1.35). */
    private static final String ZONE = "topology.kubernetes.io/zone";

    /** A container's port, by name; UDP and TCP may have the same. */
    record NamedPort(String name, String protocol) {}

    OwnPod {
        addresses = Map.copyOf(addresses);
        ports = Map.copyOf(ports);
    }

    /**
     * Parses {@code pod}.
     *
     * @param knownAddresses its addresses, if they are configured; else empty
     */
    static OwnPod of(JsonNode pod, List<String> knownAddresses) {
        JsonNode metadata = pod.path("metadata");
        JsonNode spec = pod.path("spec");
        List<String> addresses = new ArrayList<>(knownAddresses);
        if (addresses.isEmpty()) {
            pod.path("status")
                    .path("podIPs")
                    .forEach(ip -> addresses.add(ip.path("ip").asText()));
        }
        Map<Family, String> byFamily = new HashMap<>();
        addresses.stream().filter(a -> !a.isBlank()).forEach(a -> byFamily.putIfAbsent(Family.of(a), a));
        return new OwnPod(
                metadata.path("namespace").asText(),
                metadata.path("name").asText(),
                metadata.path("uid").asText(),
                textOrNull(spec.path("nodeName")),
                textOrNull(metadata.path("labels").path(ZONE)),
                byFamily,
                namedPorts(spec));
    }

    private static @Nullable String textOrNull(JsonNode node) {
        return node.isTextual() && !node.textValue().isEmpty() ? node.textValue() : null;
    }

    /**
     * The first port with a name counts, and containers come before native sidecars, as in Kubernetes' own controller.
     */
    private static Map<NamedPort, Integer> namedPorts(JsonNode spec) {
        Map<NamedPort, Integer> ports = new HashMap<>();
        spec.path("containers").forEach(container -> addPorts(container, ports));
        for (JsonNode container : spec.path("initContainers")) {
            if (container.path("restartPolicy").asText().equals("Always")) {
                addPorts(container, ports);
            }
        }
        return ports;
    }

    private static void addPorts(JsonNode container, Map<NamedPort, Integer> ports) {
        for (JsonNode port : container.path("ports")) {
            if (port.hasNonNull("name")) {
                ports.putIfAbsent(
                        new NamedPort(
                                port.path("name").asText(),
                                port.path("protocol").asText("TCP")),
                        port.path("containerPort").asInt());
            }
        }
    }
}
