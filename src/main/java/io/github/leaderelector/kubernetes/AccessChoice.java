package io.github.leaderelector.kubernetes;

import io.github.leaderelector.leadership.Ticker;
import java.io.File;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * Chooses between a kubeconfig and the pod's service account as client-go does: the files that {@code KUBECONFIG}
 * names, or {@code ~/.kube/config}, and if none of them exists, what Kubernetes gives to each container. The first that
 * can be read is used from then on.
 */
final class AccessChoice implements AccessReader {

    private static final String KUBECONFIG = "KUBECONFIG";

    private final Map<String, String> environment;
    private final Path home;
    private final Ticker ticker;
    private @Nullable AccessReader chosen;

    AccessChoice(Map<String, String> environment, Path home, Ticker ticker) {
        this.environment = environment;
        this.home = home;
        this.ticker = ticker;
    }

    @Override
    public Reading read(boolean rejected) throws AccessException {
        if (chosen != null) {
            return chosen.read(rejected);
        }
        AccessReader reader = choose();
        Reading reading = reader.read(rejected);
        chosen = reader;
        return reading;
    }

    @Override
    public Optional<String> namespace() throws AccessException {
        return (chosen == null ? choose() : chosen).namespace();
    }

    private AccessReader choose() throws AccessException {
        String variable = environment.getOrDefault(KUBECONFIG, "");
        List<Path> named = variable.isBlank()
                ? List.of(home.resolve(".kube").resolve("config"))
                : Arrays.stream(variable.split(File.pathSeparator))
                        .filter(name -> !name.isBlank())
                        .map(Path::of)
                        .toList();
        List<Path> files = named.stream().filter(Files::exists).toList();
        if (!files.isEmpty()) {
            return new Kubeconfig(files, environment, new ExecPlugin(ticker));
        }
        if (!environment.getOrDefault(ServiceAccount.HOST, "").isBlank()) {
            return new ServiceAccount(environment);
        }
        throw AccessException.passing("there is no kubeconfig at "
                + String.join(", ", named.stream().map(file -> "'" + file + "'").toList())
                + (variable.isBlank() ? "" : ", which " + KUBECONFIG + " names,")
                + " and this is no pod, since " + ServiceAccount.HOST + " is not set");
    }
}
