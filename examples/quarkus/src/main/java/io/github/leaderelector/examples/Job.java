package io.github.leaderelector.examples;

import io.github.leaderelector.examples.Sidecar.Leadership;
import io.quarkus.scheduler.Scheduled;
import io.quarkus.scheduler.Scheduled.ConcurrentExecution;
import jakarta.enterprise.context.ApplicationScoped;
import jakarta.ws.rs.ProcessingException;
import jakarta.ws.rs.WebApplicationException;
import java.time.Duration;
import org.eclipse.microprofile.config.inject.ConfigProperty;
import org.eclipse.microprofile.rest.client.inject.RestClient;
import org.jboss.logging.Logger;

/** Runs each second in the pod that leads, and asks before each run. */
@ApplicationScoped
class Job {

    private static final Logger LOG = Logger.getLogger(Job.class);

    private final Sidecar sidecar;
    private final Duration limit;

    /**
     * @param limit the longest that a run takes. The sidecar's DRAIN has to be longer: then the next leader begins when
     *     this one has ended.
     */
    Job(@RestClient Sidecar sidecar, @ConfigProperty(name = "job.limit") Duration limit) {
        this.sidecar = sidecar;
        this.limit = limit;
    }

    @Scheduled(every = "1s", concurrentExecution = ConcurrentExecution.SKIP)
    void runIfLeading() throws InterruptedException {
        long asked = System.nanoTime();
        Leadership leadership;
        try {
            leadership = sidecar.leader();
        } catch (ProcessingException | WebApplicationException failure) {
            LOG.infof("No job: the sidecar does not answer: %s", failure.getMessage());
            return;
        }
        Duration left = Duration.ofMillis(leadership.validForMillis()).minusNanos(System.nanoTime() - asked);
        // What the claim may not outlast is not begun.
        if (leadership.leader() && left.compareTo(limit) > 0) {
            run(leadership.fencingToken());
        }
    }

    private void run(long token) throws InterruptedException {
        LOG.infof("Job begins, token %d.", token);
        // Here goes the work.
        Thread.sleep(300);
        LOG.infof("Job ends, token %d.", token);
    }
}
