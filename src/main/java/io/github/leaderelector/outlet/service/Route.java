package io.github.leaderelector.outlet.service;

import com.fasterxml.jackson.databind.JsonNode;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * The route from the Service to our pod: the content of its EndpointSlices while we lead.
 *
 * @param service the Service's name
 * @param serviceUid its uid
 * @param labels its labels, which its slices carry as well
 * @param pod our pod
 * @param addresses our pod's addresses in the families that the Service has
 * @param ports the target ports of the Service in our pod
 * @param notReadyToo whether the Service publishes addresses that are not ready
 */
record Route(
        String service,
        String serviceUid,
        Map<String, String> labels,
        OwnPod pod,
        Map<Family, String> addresses,
        List<Port> ports,
        boolean notReadyToo) {

    /**
     * A port of an EndpointSlice.
     *
     * @param name that of the Service's port; may be empty
     * @param number the port of the pod
     */
    record Port(
            String name,
            int number,
            String protocol,
            @Nullable String appProtocol) {}

    /**
     * The result of {@link #find}.
     *
     * @param route null if there is no route
     * @param problems the problems of the Service, each a part of a sentence without a full stop
     */
    record Found(@Nullable Route route, List<String> problems) {}

    Route {
        labels = Map.copyOf(labels);
        addresses = Map.copyOf(addresses);
        ports = List.copyOf(ports);
    }

    /**
     * Determines the route from {@code service} to {@code pod}.
     *
     * @param service the Service; null if it does not exist
     */
    static Found find(@Nullable JsonNode service, OwnPod pod) {
        if (service == null) {
            return none("it does not exist; create it, without a selector");
        }
        JsonNode spec = service.path("spec");
        if (!spec.path("selector").isEmpty()) {
            return none("it has a selector, so that Kubernetes sends its traffic to all pods that it selects;"
                    + " remove the selector");
        }
        if (spec.path("type").asText().equals("ExternalName")) {
            return none("it is of type ExternalName, which has no endpoints; make it a ClusterIP");
        }
        if (spec.path("clusterIP").asText().equals("None")) {
            return none("it is headless (clusterIP: None), so that clients keep the address that they once looked up;"
                    + " remove clusterIP");
        }
        if (spec.path("ports").isEmpty()) {
            return none("it has no ports; give it the ports that the leader serves");
        }
        if (pod.addresses().isEmpty()) {
            return none("pod '" + pod.name() + "' has no address yet");
        }
        Map<Family, String> addresses = addresses(spec, pod);
        if (addresses.isEmpty()) {
            return none("it has no IP family of pod '" + pod.name() + "', whose addresses are "
                    + String.join(
                            ", ", pod.addresses().values().stream().sorted().toList()));
        }
        List<String> problems = new ArrayList<>();
        List<Port> ports = ports(spec, pod, problems);
        Route route = new Route(
                service.path("metadata").path("name").asText(),
                service.path("metadata").path("uid").asText(),
                labels(service),
                pod,
                addresses,
                ports,
                spec.path("publishNotReadyAddresses").asBoolean());
        return new Found(ports.isEmpty() ? null : route, List.copyOf(problems));
    }

    private static Found none(String problem) {
        return new Found(null, List.of(problem));
    }

    private static Map<Family, String> addresses(JsonNode spec, OwnPod pod) {
        List<String> families = new ArrayList<>();
        spec.path("ipFamilies").forEach(family -> families.add(family.asText()));
        Map<Family, String> addresses = new EnumMap<>(Family.class);
        pod.addresses().forEach((family, address) -> {
            // A Service without families has one.
            if (families.isEmpty() || families.contains(family.addressType())) {
                addresses.put(family, address);
            }
        });
        return addresses;
    }

    private static List<Port> ports(JsonNode spec, OwnPod pod, List<String> problems) {
        List<Port> ports = new ArrayList<>();
        for (JsonNode port : spec.path("ports")) {
            String protocol = port.path("protocol").asText("TCP");
            JsonNode target = port.has("targetPort") ? port.path("targetPort") : port.path("port");
            @Nullable
            Integer number = target.isTextual()
                    ? pod.ports().get(new OwnPod.NamedPort(target.textValue(), protocol))
                    : Integer.valueOf(target.asInt());
            if (number == null) {
                problems.add("its port " + port.path("port").asInt() + " leads to '" + target.textValue() + "', but no"
                        + " container of pod '" + pod.name() + "' has a " + protocol + " port of that name");
            } else {
                ports.add(new Port(
                        port.path("name").asText(),
                        number,
                        protocol,
                        port.path("appProtocol").asText(null)));
            }
        }
        return ports;
    }

    private static Map<String, String> labels(JsonNode service) {
        Map<String, String> labels = new HashMap<>();
        service.path("metadata")
                .path("labels")
                .properties()
                .forEach(label -> labels.put(label.getKey(), label.getValue().asText()));
        labels.keySet().removeAll(Slice.RESERVED_LABELS);
        return labels;
    }
}
