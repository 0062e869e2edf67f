package io.github.leaderelector.config;

import io.github.leaderelector.text.ForeignText;
import java.util.ArrayList;
import java.util.List;

/** Collects what is wrong with the settings: one sentence for each, in the order in which they are found. */
final class Problems {

    private final List<String> sentences = new ArrayList<>();

    /** The setting {@code name} has a value that is not {@code allowed}. */
    void wrong(String name, String value, String allowed) {
        add(name + " is '" + ForeignText.name(value) + "'; it must be " + allowed + ".");
    }

    /** Adds a sentence. */
    void add(String sentence) {
        sentences.add(sentence);
    }

    /** All sentences so far. */
    List<String> sentences() {
        return List.copyOf(sentences);
    }
}
