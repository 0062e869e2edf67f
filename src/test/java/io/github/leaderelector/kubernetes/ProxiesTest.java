package io.github.leaderelector.kubernetes;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.net.URI;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** E4: proxies as curl and Go read them. */
class ProxiesTest {

    @ParameterizedTest
    @CsvSource(delimiter = '|', textBlock = """
            *                     | https://api.corp.example:6443 | false
            *.corp.example        | https://api.corp.example:6443 | false
            *.corp.example        | https://corp.example          | true
            .corp.example         | https://api.corp.example      | false
            .corp.example         | https://corp.example          | true
            corp.example          | https://corp.example          | false
            corp.example          | https://API.Corp.Example      | false
            corp.example          | https://mycorp.example        | true
            corp.example:6443     | https://api.corp.example:6443 | false
            corp.example:6443     | https://api.corp.example      | true
            10.0.0.1              | https://10.0.0.1              | false
            10.0.0.0/8            | https://10.96.0.1:443         | false
            10.0.0.0/8            | https://11.96.0.1:443         | true
            10.96.0.1:443         | https://10.96.0.1             | false
            10.96.0.1:443         | https://10.96.0.1:6443        | true
            [fd00::1]             | https://[fd00::1]:443         | false
            fd00::1               | https://[fd00:0::1]           | false
            [fd00::1]:443         | https://[fd00::1]:6443        | true
            fd00::/8              | https://[fd12::1]             | false
            fd00::/8              | https://10.0.0.1              | true
            a,,  .b.example , c   | https://x.b.example           | false
            ,                     | https://api.corp.example      | true
            other                 | https://localhost:6443        | false
            other                 | https://127.0.0.1:6443        | false
            other                 | https://[::1]:6443            | false
            """)
    void exceptionsAreThoseOfGo(String exceptions, URI server, boolean proxied) throws AccessException {
        Proxies proxies = Proxies.of(Map.of("HTTPS_PROXY", "http://proxy:3128", "NO_PROXY", exceptions));

        assertThat(proxies.forServer(server).isPresent()).isEqualTo(proxied);
        assertThat(proxies.skipped()).isEmpty();
    }

    @Test
    void anInvalidExceptionIsSkippedAndTheOthersApply() throws AccessException {
        Proxies proxies = Proxies.of(Map.of(
                "HTTPS_PROXY", "http://proxy:3128", "no_proxy", "10.0.0.0/99,b?d,1.2.3.4/x,host:port,good.example"));

        assertThat(proxies.skipped()).containsExactly("10.0.0.0/99", "b?d", "1.2.3.4/x", "host:port");
        assertThat(proxies.forServer(URI.create("https://good.example"))).isEmpty();
        assertThat(proxies.forServer(URI.create("https://bad.example"))).isPresent();
    }

    @ParameterizedTest
    @CsvSource({
        "http://proxy:3128,http://proxy:3128",
        "proxy:3128,http://proxy:3128",
        "proxy,http://proxy:80",
        "http://me:s3cr3t@proxy:3128/,http://proxy:3128",
        "socks5://proxy,socks5://proxy:1080",
        "socks5h://proxy:1,socks5://proxy:1",
    })
    void theProxyIsNamedWithOrWithoutScheme(String value, String proxy) throws AccessException {
        assertThat(Proxies.of(Map.of("https_proxy", value)).forServer(URI.create("https://api.example")))
                .hasValueSatisfying(known -> assertThat(known).hasToString(proxy));
    }

    @Test
    void itsUserAndPasswordAreKept() throws AccessException {
        assertThat(Proxies.proxy("http://me:s3%20cr3t@proxy:3128", "HTTPS_PROXY")
                        .password())
                .hasValue("s3 cr3t");
    }

    @Test
    void aServerWithoutTlsHasAVariableOfItsOwn() throws AccessException {
        Proxies proxies = Proxies.of(Map.of("HTTP_PROXY", "http://proxy:3128"));

        assertThat(proxies.forServer(URI.create("http://api.example"))).isPresent();
        assertThat(proxies.forServer(URI.create("https://api.example"))).isEmpty();
    }

    @ParameterizedTest
    @ValueSource(strings = {"https://proxy", "ftp://proxy", "http://", "http://:s3cr3t@", "http://a b"})
    void aProxyThatIsNotSupportedIsRefusedByItsVariable(String value) {
        assertThatThrownBy(() -> Proxies.of(Map.of("HTTPS_PROXY", value)).forServer(URI.create("https://api.example")))
                .isInstanceOfSatisfying(
                        AccessException.class,
                        refusal -> assertThat(refusal.isPermanent()).isTrue())
                .hasMessageStartingWith("HTTPS_PROXY ")
                .hasMessageNotContaining("s3cr3t");
    }
}
