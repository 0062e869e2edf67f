package io.github.leaderelector;

import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.logging.Formatter;
import java.util.logging.Handler;
import java.util.logging.Level;
import java.util.logging.LogRecord;
import java.util.logging.Logger;
import org.jboss.logmanager.formatters.PatternFormatter;

/** What a class or a package logs, as lines of the form {@code INFO message}, until closed. */
public final class CollectedLog extends Handler implements AutoCloseable {

    private final List<String> lines = new CopyOnWriteArrayList<>();
    private final Formatter format = new PatternFormatter("%p %s");
    private final Logger logger;
    private final Level levelBefore;

    /** Collects what {@code source} logs from now on, at any level. */
    public CollectedLog(Class<?> source) {
        this(source.getName());
    }

    /** Collects what the class called {@code source}, or any in the package of that name, logs from now on. */
    public CollectedLog(String source) {
        logger = Logger.getLogger(source);
        levelBefore = logger.getLevel();
        logger.setLevel(Level.ALL);
        logger.setUseParentHandlers(false);
        logger.addHandler(this);
    }

    /** The lines so far. */
    public List<String> lines() {
        return lines;
    }

    @Override
    public void publish(LogRecord line) {
        lines.add(format.format(line));
    }

    @Override
    public void flush() {}

    @Override
    public void close() {
        logger.removeHandler(this);
        logger.setUseParentHandlers(true);
        logger.setLevel(levelBefore);
    }
}
