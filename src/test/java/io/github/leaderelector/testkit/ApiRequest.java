package io.github.leaderelector.testkit;

import java.util.List;
import java.util.Locale;

/**
 * A request to the API server, read as RBAC reads it.
 *
 * @param method the HTTP method
 * @param path with the query
 * @param verb get, list, watch, create, update, patch, delete
 * @param resource leases, pods, events, ...; the whole path for what is no resource
 * @param namespace empty when there is none
 * @param name the object's name; empty when the request names none
 */
public record ApiRequest(String method, String path, String verb, String resource, String namespace, String name) {

    /** Reads the request line's two words. */
    static ApiRequest of(String method, String pathAndQuery) {
        int question = pathAndQuery.indexOf('?');
        String path = question < 0 ? pathAndQuery : pathAndQuery.substring(0, question);
        String query = question < 0 ? "" : pathAndQuery.substring(question + 1);
        List<String> parts = List.of(path.substring(1).split("/", -1));
        // /api/v1/... or /apis/GROUP/VERSION/...
        int at = "api".equals(parts.get(0)) ? 2 : "apis".equals(parts.get(0)) ? 3 : parts.size();
        String namespace = "";
        if (parts.size() > at + 2 && "namespaces".equals(parts.get(at))) {
            namespace = parts.get(at + 1);
            at += 2;
        }
        boolean none = at >= parts.size();
        String resource = none ? path : parts.get(at);
        String name = at + 1 < parts.size() ? parts.get(at + 1) : "";
        if (query.contains("metadata.name%3D")) {
            name = query.replaceAll(".*metadata\\.name%3D([^&%]*).*", "$1");
        }
        boolean watch = ("&" + query).matches(".*&watch=(true|1).*");
        return new ApiRequest(
                method, pathAndQuery, verb(method, watch, !none && name.isEmpty()), resource, namespace, name);
    }

    private static String verb(String method, boolean watch, boolean collection) {
        return switch (method) {
            case "GET" -> watch ? "watch" : collection ? "list" : "get";
            case "POST" -> "create";
            case "PUT" -> "update";
            default -> method.toLowerCase(Locale.ROOT);
        };
    }

    /** Verb and resource, as "update leases": what to count by. */
    public String kind() {
        return verb + " " + resource;
    }

    /** Whether this reads or writes a Lease, watches included. */
    public boolean aboutLeases() {
        return "leases".equals(resource);
    }

    /** Whether this writes a Lease. */
    public boolean writesLeases() {
        return aboutLeases() && List.of("create", "update", "patch", "delete").contains(verb);
    }
}
