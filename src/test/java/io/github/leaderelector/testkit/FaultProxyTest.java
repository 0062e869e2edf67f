package io.github.leaderelector.testkit;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.github.leaderelector.testkit.FaultProxy.Direction;
import java.io.IOException;
import java.net.ConnectException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.net.SocketException;
import java.net.SocketTimeoutException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

class FaultProxyTest {

    private ServerSocket echo;
    private FaultProxy proxy;

    @BeforeEach
    void start() throws IOException {
        echo = new ServerSocket(0, 50, InetAddress.getLoopbackAddress());
        FaultProxy.daemon("echo", this::echo);
        proxy = new FaultProxy(echo.getLocalPort());
    }

    @AfterEach
    void stop() throws IOException {
        proxy.close();
        echo.close();
    }

    private void echo() {
        try {
            while (true) {
                Socket socket = echo.accept();
                socket.setTcpNoDelay(true);
                FaultProxy.daemon("echo-connection", () -> echo(socket));
            }
        } catch (IOException closed) {
            // The test is over.
        }
    }

    private static void echo(Socket socket) {
        try (socket) {
            socket.getInputStream().transferTo(socket.getOutputStream());
        } catch (IOException reset) {
            // As some tests want it.
        }
    }

    private static Socket connect(int port) throws IOException {
        Socket socket = new Socket(InetAddress.getLoopbackAddress(), port);
        socket.setTcpNoDelay(true);
        socket.setSoTimeout(5_000);
        return socket;
    }

    private static void roundTrip(Socket socket) throws IOException {
        socket.getOutputStream().write('x');
        assertThat(socket.getInputStream().read()).isEqualTo('x');
    }

    private static void assertSilent(Socket socket) throws IOException {
        socket.setSoTimeout(150);
        assertThatThrownBy(() -> socket.getInputStream().read()).isInstanceOf(SocketTimeoutException.class);
        socket.setSoTimeout(5_000);
    }

    @Test
    void bytesPassBothWays() throws IOException {
        try (Socket socket = connect(proxy.port())) {
            roundTrip(socket);
            socket.shutdownOutput();
            assertThat(socket.getInputStream().read()).isEqualTo(-1);
        }
    }

    @Test
    void establishedConnectionsCanBeSilentWhileNewOnesWork() throws IOException {
        try (Socket open = connect(proxy.port())) {
            roundTrip(open);
            proxy.blackHoleEstablished();
            open.getOutputStream().write('x');
            assertSilent(open);
            try (Socket fresh = connect(proxy.port())) {
                roundTrip(fresh);
            }

            proxy.heal();

            assertThat(open.getInputStream().read()).isEqualTo('x');
        }
    }

    @Test
    void blackHoleHoldsBytesOfOpenAndNewConnectionsUntilItHeals() throws IOException {
        try (Socket open = connect(proxy.port())) {
            roundTrip(open);
            proxy.blackHole();
            try (Socket fresh = connect(proxy.port())) {
                open.getOutputStream().write('a');
                fresh.getOutputStream().write('b');
                assertSilent(open);
                assertSilent(fresh);
                proxy.heal();
                assertThat(open.getInputStream().read()).isEqualTo('a');
                assertThat(fresh.getInputStream().read()).isEqualTo('b');
            }
        }
    }

    @Test
    void blackHoleOfAnswersLetsRequestsPass() throws IOException {
        try (Socket socket = connect(proxy.port())) {
            roundTrip(socket);
            proxy.blackHole(Direction.ANSWERS);
            socket.getOutputStream().write('a');
            assertSilent(socket);
            proxy.heal();
            assertThat(socket.getInputStream().read()).isEqualTo('a');
        }
    }

    @Test
    void aBlackHoleHidesTheEndOfTheOtherSide() throws IOException {
        try (Socket socket = connect(proxy.port())) {
            roundTrip(socket);
            proxy.blackHole(Direction.REQUESTS);
            socket.shutdownOutput();
            assertSilent(socket);
            proxy.heal();
            assertThat(socket.getInputStream().read()).isEqualTo(-1);
        }
    }

    @Test
    void delayHoldsBytesBackInOrder() throws IOException {
        try (Socket socket = connect(proxy.port())) {
            roundTrip(socket);
            proxy.delay(Duration.ofMillis(40));
            long sent = System.nanoTime();
            socket.getOutputStream().write("abc".getBytes(java.nio.charset.StandardCharsets.US_ASCII));
            assertThat(socket.getInputStream().read()).isEqualTo('a');
            assertThat(Duration.ofNanos(System.nanoTime() - sent)).isGreaterThan(Duration.ofMillis(80));
            assertThat(socket.getInputStream().read()).isEqualTo('b');
            proxy.heal();
            roundTripAfter(socket, 'c');
        }
    }

    private static void roundTripAfter(Socket socket, char outstanding) throws IOException {
        socket.getOutputStream().write('x');
        assertThat(socket.getInputStream().read()).isEqualTo(outstanding);
        assertThat(socket.getInputStream().read()).isEqualTo('x');
    }

    @Test
    void resetEndsOpenConnectionsAndTakesNewOnes() throws IOException {
        try (Socket socket = connect(proxy.port())) {
            roundTrip(socket);
            proxy.reset();
            assertThatThrownBy(() -> socket.getInputStream().read()).isInstanceOf(SocketException.class);
        }
        try (Socket fresh = connect(proxy.port())) {
            roundTrip(fresh);
        }
    }

    @Test
    void halfCloseEndsAnswersOnly() throws IOException {
        try (Socket socket = connect(proxy.port())) {
            roundTrip(socket);
            proxy.halfClose();
            assertThat(socket.getInputStream().read()).isEqualTo(-1);
            socket.getOutputStream().write('x');
            assertThat(proxy.connections()).isEqualTo(1);
        }
    }

    @Test
    void refuseTakesNoNewConnectionAndLeavesOpenOnes() throws IOException {
        try (Socket socket = connect(proxy.port())) {
            roundTrip(socket);
            proxy.refuse();
            assertThatThrownBy(() -> connect(proxy.port())).isInstanceOf(ConnectException.class);
            roundTrip(socket);
            proxy.heal();
            connect(proxy.port()).close();
        }
    }

    @Test
    void connectionToAServerThatIsGoneIsReset() throws IOException {
        echo.close();
        try (Socket socket = connect(proxy.port())) {
            assertThatThrownBy(() -> socket.getInputStream().read()).isInstanceOf(SocketException.class);
        }
    }

    @Test
    void idleProxyAddsLittle() throws IOException {
        try (Socket direct = connect(echo.getLocalPort());
                Socket proxied = connect(proxy.port())) {
            List<Duration> with = new ArrayList<>();
            List<Duration> without = new ArrayList<>();
            for (int i = 0; i < 3_000; i++) {
                without.add(timed(direct));
                with.add(timed(proxied));
            }
            Duration added =
                    Percentiles.of(with).median().minus(Percentiles.of(without).median());
            assertThat(added).isLessThan(Duration.ofNanos(300_000));
        }
    }

    private static Duration timed(Socket socket) throws IOException {
        long start = System.nanoTime();
        roundTrip(socket);
        return Duration.ofNanos(System.nanoTime() - start);
    }
}
