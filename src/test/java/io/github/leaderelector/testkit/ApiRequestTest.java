package io.github.leaderelector.testkit;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class ApiRequestTest {

    private static final String LEASES = "/apis/coordination.k8s.io/v1/namespaces/ns/leases";

    @ParameterizedTest
    @CsvSource({
        "GET,    /l,                                          get leases,    l",
        "PUT,    /l,                                          update leases, l",
        "POST,   '',                                          create leases, ''",
        "PATCH,  /l,                                          patch leases,  l",
        "DELETE, /l,                                          delete leases, l",
        "GET,    '',                                          list leases,   ''",
        "GET,    ?fieldSelector=metadata.name%3Dl&watch=true, watch leases,  l",
        "GET,    ?watch=true&allowWatchBookmarks=true,        watch leases,  ''",
    })
    void requestsAreReadAsRbacReadsThem(String method, String rest, String kind, String name) {
        ApiRequest request = ApiRequest.of(method, LEASES + rest);
        assertThat(request.kind()).isEqualTo(kind);
        assertThat(request.name()).isEqualTo(name);
        assertThat(request.namespace()).isEqualTo("ns");
        assertThat(request.aboutLeases()).isTrue();
    }

    @ParameterizedTest
    @CsvSource({
        "GET,  /version,                                                  get /version",
        "POST, /api/v1/namespaces/ns/events,                              create events",
        "POST, /apis/authorization.k8s.io/v1/selfsubjectaccessreviews,    create selfsubjectaccessreviews",
        "GET,  /api/v1/namespaces/ns,                                     get namespaces",
    })
    void otherRequestsAreReadToo(String method, String path, String kind) {
        ApiRequest request = ApiRequest.of(method, path);
        assertThat(request.kind()).isEqualTo(kind);
        assertThat(request.aboutLeases()).isFalse();
    }
}
