package io.github.leaderelector.outlet.page;

import static com.microsoft.playwright.assertions.PlaywrightAssertions.assertThat;
import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import com.microsoft.playwright.Browser;
import com.microsoft.playwright.BrowserContext;
import com.microsoft.playwright.BrowserType;
import com.microsoft.playwright.ConsoleMessage;
import com.microsoft.playwright.Locator;
import com.microsoft.playwright.Page;
import com.microsoft.playwright.Playwright;
import com.microsoft.playwright.Route;
import com.microsoft.playwright.options.ColorScheme;
import com.microsoft.playwright.options.ReducedMotion;
import io.github.leaderelector.leadership.LeadershipHub;
import io.github.leaderelector.leadership.ManualTicker;
import io.github.leaderelector.leadership.Observation.ApiFailed;
import io.github.leaderelector.leadership.Observation.LeaseSeen;
import io.github.leaderelector.leadership.Observation.WriteAcknowledged;
import io.github.leaderelector.leadership.Observation.Writer;
import io.github.leaderelector.leadership.ObservedLease;
import io.github.leaderelector.outlet.FrozenTime;
import io.github.leaderelector.outlet.OutletDriver;
import io.github.leaderelector.outlet.http.EventStreams;
import io.github.leaderelector.testkit.FaultProxy;
import io.quarkus.test.common.http.TestHTTPResource;
import io.quarkus.test.junit.QuarkusTest;
import io.quarkus.test.junit.TestProfile;
import java.io.File;
import java.io.IOException;
import java.io.InputStream;
import java.net.URL;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * The page in a real browser. The pod's clocks stand still unless a test moves them; the browser's run, unless a test
 * stops them.
 */
@QuarkusTest
@TestProfile(FrozenTime.class)
class PageIT {

    private static final Path SCREENSHOTS = Path.of("target", "screenshots");
    private static final Pattern LOST = Pattern.compile("Nothing heard from the pod since \\d\\d:\\d\\d:\\d\\d UTC\\.");

    private static Playwright playwright;
    private static Browser browser;

    private final OutletDriver driver;
    private final LeadershipHub hub;
    private final ManualTicker ticker;
    private final EventStreams streams;
    private final List<String> complaints = new ArrayList<>();

    @TestHTTPResource("/")
    URL url;

    private FaultProxy network;
    private BrowserContext context;
    private Page page;

    /** The viewport of the browser. */
    private enum Screen {
        PHONE(360, 780),
        DESK(1400, 900);

        private final int width;
        private final int height;

        Screen(int width, int height) {
            this.width = width;
            this.height = height;
        }
    }

    /** The state of the page. */
    private enum Scene {
        LEADING("pod-a leads"),
        FOLLOWING("pod-b leads"),
        NOBODY("Nobody is known to lead"),
        LOST("pod-a led when last heard of"),
        NOTHING_SEEN("Not known yet who leads");

        private final String verdict;

        Scene(String verdict) {
            this.verdict = verdict;
        }
    }

    PageIT(OutletDriver driver, LeadershipHub hub, ManualTicker ticker, EventStreams streams) {
        this.driver = driver;
        this.hub = hub;
        this.ticker = ticker;
        this.streams = streams;
    }

    @BeforeAll
    static void startTheBrowser() throws IOException {
        Optional<Path> chromium = Stream.of(System.getenv("PATH").split(File.pathSeparator, -1))
                .flatMap(directory -> Stream.of("chromium", "chromium-browser", "google-chrome")
                        .map(name -> Path.of(directory, name)))
                .filter(Files::isExecutable)
                .findFirst();
        String reason = "There is no chromium on the PATH; install the package 'chromium' to test the page.";
        if (chromium.isEmpty()) {
            System.out.println("SKIPPED PageIT: " + reason);
        }
        assumeTrue(chromium.isPresent(), reason);
        playwright = Playwright.create(
                new Playwright.CreateOptions().setEnv(Map.of("PLAYWRIGHT_SKIP_BROWSER_DOWNLOAD", "1")));
        browser =
                playwright.chromium().launch(new BrowserType.LaunchOptions().setExecutablePath(chromium.orElseThrow()));
        Files.createDirectories(SCREENSHOTS);
    }

    @AfterAll
    static void stopTheBrowser() {
        if (playwright != null) {
            playwright.close();
        }
    }

    @BeforeEach
    void wire() {
        // As Lifecycle does, which tests leave out.
        hub.subscribe("event streams", streams.executor(), streams);
        network = new FaultProxy(url.getPort());
    }

    @AfterEach
    void close() {
        if (context != null) {
            // Else a handler might be called while the context is closed.
            page.unrouteAll();
            context.close();
        }
        network.close();
        assertThat(complaints).isEmpty();
    }

    static Stream<Arguments> views() {
        return Stream.of(Scene.values())
                .flatMap(scene -> Stream.of(Screen.values()).map(screen -> Arguments.of(scene, screen)));
    }

    @ParameterizedTest
    @MethodSource("views")
    void itFitsTheScreenAndIsAccessibleInLightAndDark(Scene scene, Screen screen) throws IOException {
        aBusyDay();
        switch (scene) {
            case LEADING, LOST -> driver.lead();
            case FOLLOWING, NOTHING_SEEN -> driver.follow("pod-b");
            case NOBODY -> driver.follow(null);
        }
        ticker.advance(Duration.ofMillis(2_400));
        if (scene == Scene.NOBODY) {
            hub.observe(new ApiFailed("PUT of the Lease 'prod/app-lock' failed: the API server answered 503."));
        }
        open(new Browser.NewContextOptions().setViewportSize(screen.width, screen.height));
        if (scene == Scene.NOTHING_SEEN) {
            page.route("**/status", PageIT::asIfNothingWereSeen);
            page.reload();
        }
        if (scene == Scene.LOST) {
            assertThat(verdict()).hasText("pod-a leads");
            network.refuse();
            network.reset();
        }
        assertThat(verdict()).hasText(scene.verdict);
        if (scene == Scene.NOTHING_SEEN) {
            assertThat(page.locator("#problem")).hasText("No problem known.");
        }
        switch (scene) {
            case NOBODY ->
                assertThat(page.locator("#todo")).containsText("kubectl logs -n prod pod-a -c leader-elector");
            case LOST -> assertThat(page.locator("#todo")).containsText("kubectl get pod -n prod pod-a");
            default -> assertThat(page.locator("#todo")).isHidden();
        }

        for (ColorScheme colors : List.of(ColorScheme.LIGHT, ColorScheme.DARK)) {
            page.emulateMedia(new Page.EmulateMediaOptions().setColorScheme(colors));
            page.screenshot(new Page.ScreenshotOptions()
                    .setFullPage(true)
                    .setPath(SCREENSHOTS.resolve(
                            "%s-%s-%s.png".formatted(scene, screen, colors).toLowerCase(java.util.Locale.ROOT))));
            assertThat(page.evaluate("document.documentElement.scrollWidth")).isEqualTo(screen.width);
            assertThat(violations()).as(colors.name()).isEmpty();
        }
    }

    @Test
    void theLeaderShowsItsClaimItsTokenAndItsSettings() {
        long token = driver.lead();
        ticker.advance(Duration.ofSeconds(3));
        open();

        assertThat(verdict()).hasText("pod-a leads");
        assertThat(page.locator("#whether")).hasText("It is this pod.");
        assertThat(page.locator("#leftText")).hasText(Pattern.compile("[567]\\.\\d s left of 10 s"));
        assertThat(page.locator("#token")).hasText(Long.toString(token));
        assertThat(page.locator("#problem")).hasText("Its last answer was good.");
        assertThat(page.locator("#settings")).containsText("LEASE_NAMEapp-lock");
        assertThat(page).hasTitle("pod-a leads · prod/app-lock");
    }

    @Test
    void aFollowerSaysWhoLeadsWhyAndWhatTheApiServerSaid() {
        driver.follow("pod-b");
        hub.observe(new ApiFailed("The API server does not answer."));
        open();

        assertThat(verdict()).hasText("pod-b leads");
        assertThat(page.locator("#whether")).hasText("It is not this pod. 'pod-b' holds the Lease.");
        assertThat(page.locator("#leftText"))
                .hasText(Pattern.compile("free for others in 1\\d\\.\\d s, unless renewed"));
        assertThat(page.locator("#problem")).hasText("The API server does not answer.");
    }

    @Test
    void aChangeShowsByTheEventStreamAlone() {
        driver.lead();
        open();
        assertThat(page.locator("#linked")).hasText("Live");
        assertThat(verdict()).hasText("pod-a leads");
        stopTheBrowsersClock();

        driver.follow("pod-b");

        assertThat(verdict()).hasText("pod-b leads");
        assertThat(page.locator("#changes li").first()).containsText("pod-b");
        driver.follow(null);
        assertThat(verdict()).hasText("Nobody is known to lead");
    }

    @Test
    void aLostStreamIsSaidWithItsTimeAndWhatMayBeStaleIsGrey() {
        driver.lead();
        open();
        assertThat(page.locator("#linked")).hasText("Live");
        Object fresh = color(verdict());

        network.refuse();
        network.reset();

        assertThat(page.locator("#linked")).hasText(LOST);
        assertThat(page.locator("#linkedFor")).hasText(Pattern.compile("\\d.* ago; trying again"));
        assertThat(verdict()).hasText("pod-a led when last heard of");
        assertThat(page).hasTitle("? · prod/app-lock");
        assertThat(color(verdict())).isNotEqualTo(fresh).isEqualTo(color(page.locator("#since")));

        driver.follow("pod-b");
        network.heal();

        assertThat(page.locator("#linked")).hasText("Live");
        assertThat(verdict()).hasText("pod-b leads");
    }

    @Test
    void aConnectionThatFallsSilentIsLostToo() {
        driver.lead();
        open();
        assertThat(page.locator("#linked")).hasText("Live");
        stopTheBrowsersClock();

        network.blackHole();
        page.clock().runFor(3_000);
        page.clock().runFor(6_000);

        assertThat(page.locator("#linked")).hasText(LOST);
    }

    @Test
    void aClaimIsNeverShownPastItsOwnCountdown() {
        driver.lead();
        ticker.advance(Duration.ofSeconds(9));
        open();
        assertThat(verdict()).hasText("pod-a leads");
        network.blackHole();
        stopTheBrowsersClock();

        page.clock().runFor(1_100);

        assertThat(page.locator("#leftText")).hasText("has run out");
        assertThat(verdict()).hasText("Nobody is known to lead");
        assertThat(page.locator("#whether"))
                .hasText("The claim of this pod has run out, as far as this page has heard.");
        assertThat(page).hasTitle("nobody leads · prod/app-lock");
        page.clock().runFor(8_000);
        assertThat(page.locator("#linked")).hasText(LOST);
        assertThat(page.locator("#whether")).hasText("Its claim, as last heard of, has run out.");
    }

    @Test
    void theMachineMaySleepButTheClaimRunsOn() {
        driver.lead();
        open();
        assertThat(verdict()).hasText("pod-a leads");
        network.blackHole();

        // The wall clock alone goes on, as with a laptop that is closed.
        page.evaluate("() => { const now = Date.now; Date.now = () => now() + 60_000; }");

        assertThat(page.locator("#leftText")).hasText("has run out");
    }

    @Test
    void withoutAStreamItAsksInstead() {
        driver.lead();
        context = browser.newContext();
        page = context.newPage();
        page.route("**/leader", route -> route.fulfill(new Route.FulfillOptions().setStatus(429)));
        page.navigate("http://127.0.0.1:" + network.port() + "/");

        assertThat(page.locator("#linked"))
                .hasText(Pattern.compile("No event stream since \\d\\d:\\d\\d:\\d\\d UTC: too many are open\\."));
        assertThat(page.locator("#linkedFor")).hasText("Asking every 2 s instead");
        assertThat(verdict()).hasText("pod-a leads");
        driver.follow("pod-b");
        assertThat(verdict()).hasText("pod-b leads");
    }

    @Test
    void whatIsWrittenInTheLeaseStaysText() {
        String hostile = "<script>document.title='owned'</script><img src=x onerror=\"document.title='owned'\">";
        driver.follow(hostile);
        open();

        assertThat(verdict()).hasText(hostile + " leads");
        assertThat(page.locator("#changes li").first()).containsText(hostile);
        assertThat(page.locator("img")).hasCount(0);
        assertThat(page.locator("script")).hasCount(1);
        assertThat(page).hasTitle(hostile + " leads · prod/app-lock");
    }

    @Test
    void gapsAreDrawnToScale() {
        for (int i = 0; i < 13; i++) {
            driver.lead();
            keepLeading(Duration.ofSeconds(9));
            see(null);
            ticker.advance(Duration.ofMillis(i % 2 == 0 ? 400 : 800));
            see("pod-b");
            see(null);
        }
        driver.lead();
        open();

        Locator gaps = page.locator("#changes .none");
        assertThat(gaps.nth(0).locator(".length")).hasText("400 ms");
        assertThat(gaps.nth(1).locator(".length")).hasText("800 ms");
        double shorter = gaps.nth(0).locator(".scale div").boundingBox().width;
        double longer = gaps.nth(1).locator(".scale div").boundingBox().width;
        assertThat(longer / shorter).isBetween(1.98, 2.02);
        assertThat(page.locator("#sum")).containsText("No leader was known for ");
    }

    @Test
    void aKeyboardReachesEverythingAndShowsWhere() {
        aBusyDay();
        driver.lead();
        open();
        assertThat(verdict()).hasText("pod-a leads");

        page.keyboard().press("Tab");
        assertThat(page.locator("input[value=Infinity]")).isFocused();
        assertThat(page.evaluate("getComputedStyle(document.activeElement).outlineStyle"))
                .isEqualTo("solid");
        page.keyboard().press("ArrowRight");
        assertThat(page.locator("input[value='86400000']")).isChecked();
        assertThat(page.locator("#from")).hasText("1 d 0 h ago");
        for (String link : List.of("status", "leader", "q/health", "q/metrics")) {
            page.keyboard().press("Tab");
            assertThat(page.locator("footer a[href='" + link + "']")).isFocused();
            assertThat(page.evaluate("getComputedStyle(document.activeElement).outlineStyle"))
                    .isEqualTo("solid");
        }
    }

    @Test
    void aScreenReaderAnnouncesChangesOnly() {
        driver.lead();
        open();
        assertThat(page.locator("#linked")).hasText("Live");
        assertThat(verdict()).hasText("pod-a leads");
        page.evaluate("() => { window.heard = 0; for (const region of document.querySelectorAll('[role=status]')) {"
                + "new MutationObserver(() => window.heard++)"
                + ".observe(region, {subtree: true, childList: true, characterData: true}); } }");
        stopTheBrowsersClock();

        page.clock().runFor(9_000);
        assertThat(page.evaluate("window.heard")).isEqualTo(0);

        driver.follow("pod-b");
        assertThat(verdict()).hasText("pod-b leads");
        assertThat((Integer) page.evaluate("window.heard")).isPositive();
    }

    @Test
    void whoWantsLessMotionGetsACountdownInWholeSeconds() {
        driver.lead();
        open(new Browser.NewContextOptions().setReducedMotion(ReducedMotion.REDUCE));

        assertThat(page.locator("#leftText")).hasText(Pattern.compile("\\d+ s left of 10 s"));
    }

    private void open() {
        open(new Browser.NewContextOptions());
    }

    private void open(Browser.NewContextOptions options) {
        context = browser.newContext(options);
        page = context.newPage();
        page.clock().install();
        page.onConsoleMessage(this::note);
        page.onPageError(complaints::add);
        page.navigate("http://127.0.0.1:" + network.port() + "/");
    }

    private void note(ConsoleMessage message) {
        boolean bad = message.type().equals("error") || message.type().equals("warning");
        // The tests themselves cut the network.
        if (bad && !message.text().startsWith("Failed to load resource: net::ERR_")) {
            complaints.add(message.text());
        }
    }

    private void stopTheBrowsersClock() {
        page.clock().pauseAt(((Number) page.evaluate("Date.now() + 1000")).longValue());
    }

    private Locator verdict() {
        return page.locator("#verdict");
    }

    private static Object color(Locator text) {
        return text.evaluate("element => getComputedStyle(element).color");
    }

    /** The findings of axe: violations of WCAG 2.2 AA, and its advice. */
    private List<?> violations() throws IOException {
        try (InputStream axe = Objects.requireNonNull(getClass().getResourceAsStream("/axe.min.js"))) {
            page.evaluate(new String(axe.readAllBytes(), StandardCharsets.UTF_8) + ";0");
        }
        return (List<?>) page.evaluate("() => axe.run().then(found => found.violations.map("
                + "v => v.id + ': ' + v.nodes.map(n => n.html + ' ' + n.failureSummary).join('; ')))");
    }

    private static void asIfNothingWereSeen(Route route) {
        route.fulfill(new Route.FulfillOptions()
                .setContentType("application/json")
                .setBody(route.fetch()
                        .text()
                        .replaceFirst("\"holder\":\"pod-b\"", "\"holder\":null")
                        .replaceFirst("\"observedMillisAgo\":\\d+", "\"observedMillisAgo\":null")
                        .replaceFirst("\"leaseExpiresInMillis\":\\d+", "\"leaseExpiresInMillis\":null")
                        .replaceFirst(
                                "\"reason\":\"[^\"]*\"", "\"reason\":\"The state of the Lease has not been seen yet.\"")
                        .replaceFirst("\"transitions\":\\[.*]", "\"transitions\":[]")));
    }

    /** Thirty hours with handovers, and gaps that grow. */
    private void aBusyDay() {
        for (int i = 0; i < 8; i++) {
            String other = i % 3 == 0 ? "pod-b" : "pod-c";
            driver.lead();
            keepLeading(Duration.ofMinutes(7 + 11 * i));
            see(null);
            ticker.advance(Duration.ofMillis(40 + 130 * i));
            see(other);
            ticker.advance(Duration.ofHours(i == 4 ? 20 : 1));
            // Renewed meanwhile.
            see(other);
        }
    }

    private void keepLeading(Duration time) {
        for (Duration led = Duration.ZERO; led.compareTo(time) < 0; led = led.plusSeconds(9)) {
            ticker.advance(Duration.ofSeconds(9));
            hub.observe(new WriteAcknowledged(lease("pod-a"), ticker.now()));
        }
    }

    private void see(@Nullable String holder) {
        hub.observe(new LeaseSeen(lease(holder), Writer.OTHER, true));
    }

    private ObservedLease lease(@Nullable String holder) {
        ObservedLease last = Objects.requireNonNull(hub.current().observed());
        return new ObservedLease(
                holder,
                last.term(),
                last.resourceVersion() + 1,
                ticker.wallTime(),
                ticker.nanoTime(),
                ticker.nanoTime() + Duration.ofSeconds(15).toNanos());
    }
}
