package io.github.leaderelector.outlet.http;

import static org.assertj.core.api.Assertions.assertThat;

import java.net.InetAddress;
import java.net.UnknownHostException;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

/** B3: who is let in, and who has to go for it. */
class ConnectionLimitsTest {

    private final ConnectionLimits<String> places = new ConnectionLimits<>(3, 2, 5);
    private final List<String> closed = new ArrayList<>();

    @Test
    void theOldestOfTheSameAddressGoesWhenItHasTooMany() {
        enter("a1", 1);
        enter("a2", 1);
        enter("b1", 2);

        enter("a3", 1);

        assertThat(closed).containsExactly("a1");
        enter("a4", 1);
        assertThat(closed).containsExactly("a1", "a2");
    }

    @Test
    void aNewAddressIsLetInAtTheExpenseOfTheOneThatHasMost() {
        for (String connection : List.of("a1", "b1", "b2", "c1", "d1")) {
            enter(connection, connection.charAt(0));
        }
        assertThat(closed).isEmpty();

        enter("kubelet", 100);

        assertThat(closed).containsExactly("b1");
    }

    @Test
    void aNewConnectionIsAcceptedIfEachAddressHasOne() {
        for (int address = 0; address < 5; address++) {
            enter("old", address);
        }

        enter("kubelet", 100);

        assertThat(closed).containsExactly("old");
    }

    @Test
    void noOtherAddressTakesAPlaceOfTheOwnPod() {
        for (int i = 0; i < 1_000; i++) {
            enter("flood" + i, i % 7);
        }
        closed.clear();

        enterFromOwnPod("own1");
        enterFromOwnPod("own2");
        enterFromOwnPod("own3");
        assertThat(closed).isEmpty();

        enterFromOwnPod("own4");
        assertThat(closed).containsExactly("own1");
    }

    @Test
    void whoHasLeftNeedsNoPlace() {
        for (int i = 0; i < 100; i++) {
            enter("a" + i, 1);
            places.leave("a" + i);
            enterFromOwnPod("own" + i);
            places.leave("own" + i);
        }

        assertThat(closed).isEmpty();
    }

    private void enter(String connection, int address) {
        try {
            String name = connection.equals("old") ? connection + address : connection;
            places.enter(name, InetAddress.getByAddress(new byte[] {10, 0, 0, (byte) address}))
                    .forEach(gone -> closed.add(gone.startsWith("old") ? "old" : gone));
        } catch (UnknownHostException impossible) {
            throw new IllegalStateException(impossible);
        }
    }

    private void enterFromOwnPod(String connection) {
        closed.addAll(places.enter(connection, null));
    }
}
