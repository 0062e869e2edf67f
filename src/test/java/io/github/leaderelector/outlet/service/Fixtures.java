package io.github.leaderelector.outlet.service;

import com.fasterxml.jackson.databind.JsonNode;

/** A Service without a selector, and pods, as an API server shows them. */
final class Fixtures {

    static final String SERVICE = "myapp-leader";
    static final String SLICE = "myapp-leader-ipv4";
    static final String SLICE_6 = "myapp-leader-ipv6";

    private Fixtures() {}

    static JsonNode service() {
        return service("'clusterIP': '10.96.0.7', 'ipFamilies': ['IPv4'], 'ports': [{'name': 'http', 'port': 80,"
                + " 'protocol': 'TCP', 'targetPort': 'web'}]");
    }

    /** @param spec what is in its spec beside the type */
    static JsonNode service(String spec) {
        return SliceStore.json("""
            {'metadata': {'name': 'myapp-leader', 'namespace': 'prod', 'uid': 'uid-of-service',
                          'labels': {'app.kubernetes.io/name': 'myapp', 'service.kubernetes.io/headless': ''}},
             'spec': {'type': 'ClusterIP', %s}}
            """.formatted(spec));
    }

    static JsonNode pod(String name, String... ips) {
        StringBuilder podIps = new StringBuilder();
        for (String ip : ips) {
            podIps.append(podIps.isEmpty() ? "" : ", ")
                    .append("{'ip': '")
                    .append(ip)
                    .append("'}");
        }
        return SliceStore.json("""
            {'metadata': {'name': '%1$s', 'namespace': 'prod', 'uid': 'uid-of-%1$s',
                          'labels': {'topology.kubernetes.io/zone': 'zone-1'}},
             'spec': {'nodeName': 'node-1',
                      'initContainers': [
                        {'name': 'once', 'ports': [{'name': 'setup', 'containerPort': 1}]},
                        {'name': 'sidecar', 'restartPolicy': 'Always',
                         'ports': [{'name': 'leader', 'containerPort': 4040, 'protocol': 'TCP'}]}],
                      'containers': [
                        {'name': 'app', 'ports': [{'name': 'web', 'containerPort': 8080, 'protocol': 'TCP'},
                                                  {'name': 'web', 'containerPort': 8081, 'protocol': 'UDP'}]}]},
             'status': {'podIPs': [%2$s]}}
            """.formatted(name, podIps));
    }
}
