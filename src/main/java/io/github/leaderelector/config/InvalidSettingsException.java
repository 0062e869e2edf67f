package io.github.leaderelector.config;

import java.util.List;

/** Says everything that is wrong with the settings. */
public final class InvalidSettingsException extends RuntimeException {

    private static final long serialVersionUID = 1;

    /** Serializable, as an exception's fields have to be. */
    private final String[] problems;

    /** @param problems one sentence each; not empty */
    public InvalidSettingsException(List<String> problems) {
        super(String.join(" ", problems));
        this.problems = problems.toArray(String[]::new);
    }

    /** The problems, one sentence each; not empty. */
    public List<String> problems() {
        return List.of(problems);
    }
}
