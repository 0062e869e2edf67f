package io.github.leaderelector.config;

import java.util.List;

/** Reports all invalid settings at once. */
public final class InvalidSettingsException extends RuntimeException {

    private static final long serialVersionUID = 1;

    /** An ArrayList, because the fields of an exception must be serializable. */
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
