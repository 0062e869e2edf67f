package io.github.leaderelector.outlet.log;

import io.github.leaderelector.text.ForeignText;
import io.quarkus.logging.LoggingFilter;
import java.util.logging.Filter;
import java.util.logging.Formatter;
import java.util.logging.LogRecord;
import org.jboss.logmanager.ExtLogRecord;
import org.jboss.logmanager.ExtLogRecord.FormatStyle;
import org.jboss.logmanager.formatters.PatternFormatter;
import org.jspecify.annotations.Nullable;

/**
 * Makes each log line safe to show, also lines of libraries, which may quote foreign text. Drops no line. Safe for use
 * by many threads.
 */
@LoggingFilter(name = ForeignTextFilter.NAME)
public final class ForeignTextFilter implements Filter {

    /** Its name in the configuration. */
    public static final String NAME = "foreign-text";

    private static final int MOST_CAUSES = 10;

    private static final Formatter MESSAGE = new PatternFormatter("%s");

    /** Called by Quarkus. */
    public ForeignTextFilter() {}

    @Override
    public boolean isLoggable(LogRecord line) {
        if (line instanceof ExtLogRecord record) {
            String text = MESSAGE.formatMessage(record);
            String fit = ForeignText.sentence(text);
            if (!fit.equals(text)) {
                // The parameters are kept: LogFields uses some of them.
                record.setMessage(fit, FormatStyle.NO_FORMAT);
            }
        }
        @Nullable Throwable thrown = line.getThrown();
        if (thrown != null) {
            line.setThrown(Shown.of(thrown, MOST_CAUSES));
        }
        return true;
    }

    /** A copy of a failure for the log: its class, its stack trace, and its message, made safe to show. */
    // A stack trace prints toString().
    @SuppressWarnings("OverrideThrowableToString")
    private static final class Shown extends Throwable {

        private static final long serialVersionUID = 1;

        private final String kind;

        private Shown(Throwable failure, @Nullable Throwable cause) {
            super(ForeignText.of(failure), cause, false, true);
            kind = failure.getClass().getName();
            setStackTrace(failure.getStackTrace());
        }

        static Shown of(Throwable failure, int mostCauses) {
            @Nullable Throwable cause = failure.getCause();
            return new Shown(failure, cause == null || mostCauses == 0 ? null : of(cause, mostCauses - 1));
        }

        @Override
        public String toString() {
            return kind + ": " + getMessage();
        }
    }
}
