package io.github.leaderelector.testkit;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.github.leaderelector.kubernetes.Json;
import io.vertx.core.Vertx;
import io.vertx.core.VertxOptions;
import io.vertx.core.http.HttpServer;
import io.vertx.core.http.HttpServerRequest;
import io.vertx.core.http.HttpServerResponse;
import java.net.HttpURLConnection;
import java.net.URI;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/**
 * As much of an API server as an election needs, in this JVM, on plain HTTP: keeps the objects that it is given, of
 * whatever kind, refuses writes that are out of date, and serves watches. Here everybody may do everything. Safe for
 * use by many threads.
 */
public final class FakeApiServer implements AutoCloseable {

    /**
     * What is answered instead.
     *
     * @param status the HTTP status
     * @param body the whole body
     */
    public record Answer(int status, String body) {}

    private static final String REVIEWS = "/selfsubjectaccessreviews";

    private final Vertx vertx =
            Vertx.vertx(new VertxOptions().setEventLoopPoolSize(1).setWorkerPoolSize(1));
    private final HttpServer server;
    /** All that is stored, by its path. For the event loop only. */
    private final Map<String, ObjectNode> objects = new TreeMap<>();
    /** The watches that are open. For the event loop only. */
    private final List<Watch> watches = new ArrayList<>();

    private long version;
    private volatile Function<HttpServerRequest, @Nullable Answer> instead = request -> null;

    private record Watch(String collection, String name, HttpServerResponse response) {}

    /** Starts it on any free port of the loopback. */
    public FakeApiServer() {
        CompletableFuture<HttpServer> listening = vertx.createHttpServer()
                .requestHandler(request ->
                        request.body().onSuccess(body -> serve(request, body.length() == 0 ? "{}" : body.toString())))
                .listen(0, "127.0.0.1")
                .toCompletionStage()
                .toCompletableFuture();
        try {
            server = listening.get();
        } catch (InterruptedException | ExecutionException failure) {
            throw new IllegalStateException(failure);
        }
    }

    /** The TCP port that it serves on. */
    public int port() {
        return server.actualPort();
    }

    /** Where it serves. */
    public URI url() {
        return URI.create("http://127.0.0.1:" + port());
    }

    /** From now on {@code answers} decides; null for the usual answer. */
    public void answer(Function<HttpServerRequest, @Nullable Answer> answers) {
        instead = answers;
    }

    /** From now on each request is answered with {@code status} and {@code body}. */
    public void answer(int status, String body) {
        answer(request -> new Answer(status, body));
    }

    /** From now on it gives its usual answers again. */
    public void heal() {
        answer(request -> null);
    }

    @Override
    public void close() {
        vertx.close().toCompletionStage().toCompletableFuture().join();
    }

    private void serve(HttpServerRequest request, String body) {
        @Nullable Answer other = instead.apply(request);
        if (other != null) {
            end(request, other.status(), other.body());
            return;
        }
        ObjectNode given = (ObjectNode) Json.read(body);
        switch (request.method().name()) {
            case "GET" -> get(request);
            case "POST" -> create(request, given);
            case "PUT" -> replace(request, given);
            case "DELETE" -> delete(request);
            default -> refuse(request, HttpURLConnection.HTTP_BAD_METHOD, "there is no such method here");
        }
    }

    private void get(HttpServerRequest request) {
        @Nullable ObjectNode object = objects.get(request.path());
        if ("true".equals(request.getParam("watch"))) {
            watch(request);
        } else if (object != null) {
            end(request, HttpURLConnection.HTTP_OK, object.toString());
        } else if (isCollection(request.path())) {
            ObjectNode list = (ObjectNode) Json.read("{\"kind\":\"List\",\"apiVersion\":\"v1\"}");
            list.putObject("metadata").put("resourceVersion", String.valueOf(version));
            ArrayNode items = list.putArray("items");
            objects.forEach((path, item) -> {
                if (collection(path).equals(request.path())) {
                    items.add(item);
                }
            });
            end(request, HttpURLConnection.HTTP_OK, list.toString());
        } else {
            refuse(request, HttpURLConnection.HTTP_NOT_FOUND, "not found");
        }
    }

    /** A path with an even number of parts below the namespace, as {@code .../namespaces/prod/leases}. */
    private static boolean isCollection(String path) {
        int namespaces = path.indexOf("/namespaces/");
        return namespaces < 0 || path.substring(namespaces).split("/").length % 2 == 0;
    }

    private static String collection(String path) {
        return path.substring(0, path.lastIndexOf('/'));
    }

    private void watch(HttpServerRequest request) {
        @Nullable String selector = request.getParam("fieldSelector");
        String name = selector == null ? "" : selector.substring(selector.indexOf('=') + 1);
        HttpServerResponse response = request.response().setChunked(true);
        Watch watch = new Watch(request.path(), name, response);
        watches.add(watch);
        response.closeHandler(closed -> watches.remove(watch));
        // The status goes out at once, with or without an object.
        response.write("");
        objects.forEach((path, object) -> tell(watch, path, "ADDED", object));
    }

    private static void tell(Watch watch, String path, String type, ObjectNode object) {
        if (collection(path).equals(watch.collection())
                && (watch.name().isEmpty() || path.endsWith("/" + watch.name()))) {
            watch.response().write("{\"type\":\"" + type + "\",\"object\":" + object + "}\n");
        }
    }

    private void create(HttpServerRequest request, ObjectNode object) {
        if (request.path().endsWith(REVIEWS)) {
            object.putObject("status").put("allowed", true);
            end(request, HttpURLConnection.HTTP_CREATED, object.toString());
            return;
        }
        ObjectNode metadata = object.withObject("/metadata");
        String path = request.path() + "/" + metadata.path("name").asText();
        if (objects.containsKey(path)) {
            refuse(request, HttpURLConnection.HTTP_CONFLICT, "exists already");
            return;
        }
        metadata.put("uid", UUID.randomUUID().toString());
        store(path, "ADDED", object);
        end(request, HttpURLConnection.HTTP_CREATED, object.toString());
    }

    private void replace(HttpServerRequest request, ObjectNode object) {
        @Nullable ObjectNode stored = objects.get(request.path());
        if (stored == null) {
            refuse(request, HttpURLConnection.HTTP_NOT_FOUND, "not found");
            return;
        }
        String given = object.at("/metadata/resourceVersion").asText();
        if (!given.isEmpty()
                && !given.equals(stored.at("/metadata/resourceVersion").asText())) {
            refuse(request, HttpURLConnection.HTTP_CONFLICT, "the object has been modified");
            return;
        }
        object.withObject("/metadata").set("uid", stored.at("/metadata/uid"));
        store(request.path(), "MODIFIED", object);
        end(request, HttpURLConnection.HTTP_OK, object.toString());
    }

    private void delete(HttpServerRequest request) {
        @Nullable ObjectNode stored = objects.remove(request.path());
        if (stored == null) {
            refuse(request, HttpURLConnection.HTTP_NOT_FOUND, "not found");
            return;
        }
        stored.withObject("/metadata").put("resourceVersion", String.valueOf(++version));
        watches.forEach(watch -> tell(watch, request.path(), "DELETED", stored));
        end(request, HttpURLConnection.HTTP_OK, "{\"kind\":\"Status\",\"apiVersion\":\"v1\",\"status\":\"Success\"}");
    }

    private void store(String path, String type, ObjectNode object) {
        object.withObject("/metadata").put("resourceVersion", String.valueOf(++version));
        objects.put(path, object);
        watches.forEach(watch -> tell(watch, path, type, object));
    }

    private static void refuse(HttpServerRequest request, int status, String why) {
        ObjectNode answer =
                (ObjectNode) Json.read("{\"kind\":\"Status\",\"apiVersion\":\"v1\",\"status\":\"Failure\"}");
        answer.put("code", status).put("message", request.path() + ": " + why);
        end(request, status, answer.toString());
    }

    private static void end(HttpServerRequest request, int status, String body) {
        request.response()
                .setStatusCode(status)
                .putHeader("Content-Type", "application/json")
                .end(body);
    }
}
