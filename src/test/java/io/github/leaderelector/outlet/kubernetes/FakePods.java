package io.github.leaderelector.outlet.kubernetes;

import io.github.leaderelector.kubernetes.ApiException;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.function.Predicate;

/** Pods in memory, that can be told to fail. */
final class FakePods implements Pods {

    private final Map<String, Pod> pods = new TreeMap<>();

    /** The requests, such as {@code list} or {@code label pod-a}. */
    final List<String> requests = new ArrayList<>();

    /** Called before each request is answered. */
    Runnable beforeAnswer = () -> {};

    private Predicate<String> failing = request -> false;
    private int status;
    private boolean doneAllTheSame;
    private int version;

    /** From now on, requests that {@code which} names are answered by {@code status}, without effect. */
    void fail(int status, Predicate<String> which) {
        this.failing = which;
        this.status = status;
        this.doneAllTheSame = false;
    }

    /** From now on, requests that {@code which} names work, but their answers are lost. */
    void loseAnswers(Predicate<String> which) {
        fail(ApiException.NO_ANSWER, which);
        doneAllTheSame = true;
    }

    void work() {
        failing = request -> false;
    }

    void add(String name, String uid, boolean labelled, String mark, String workload) {
        pods.put(name, new Pod(name, uid, String.valueOf(++version), labelled, mark, workload));
    }

    /** The pods that carry the label. */
    List<String> carriers() {
        return pods.values().stream().filter(Pod::labelled).map(Pod::name).toList();
    }

    Pod pod(String name) {
        return pods.get(name);
    }

    @Override
    public Optional<Pod> find(String name) throws ApiException {
        request("get " + name, () -> {});
        return Optional.ofNullable(pods.get(name));
    }

    @Override
    public List<Pod> labelled() throws ApiException {
        List<Pod> found = pods.values().stream().filter(Pod::labelled).toList();
        request("list", () -> {});
        return found;
    }

    @Override
    public Pod label(String name, String uid, String mark) throws ApiException {
        request("label " + name, () -> put(present(name, uid), true, mark));
        return pods.get(name);
    }

    @Override
    public void unlabel(String name, String uid) throws ApiException {
        request("unlabel " + name, () -> put(present(name, uid), false, null));
    }

    @Override
    public void unlabel(Pod pod) throws ApiException {
        request("unlabel " + pod.name(), () -> {
            Pod present = present(pod.name(), pod.uid());
            if (!present.version().equals(pod.version())) {
                throw new ApiException(409, "the object has been modified", null);
            }
            put(present, false, null);
        });
    }

    private void put(Pod pod, boolean labelled, String mark) {
        pods.put(pod.name(), new Pod(pod.name(), pod.uid(), String.valueOf(++version), labelled, mark, pod.workload()));
    }

    private Pod present(String name, String uid) throws ApiException {
        Pod pod = pods.get(name);
        if (pod == null) {
            throw new ApiException(404, "not found", null);
        }
        if (uid != null && !uid.equals(pod.uid())) {
            throw new ApiException(422, "another uid", null);
        }
        return pod;
    }

    private void request(String what, Effect effect) throws ApiException {
        requests.add(what);
        beforeAnswer.run();
        if (!failing.test(what)) {
            effect.run();
            return;
        }
        if (doneAllTheSame) {
            effect.run();
        }
        throw new ApiException(status, "status " + status + ".", null);
    }

    private interface Effect {
        void run() throws ApiException;
    }
}
