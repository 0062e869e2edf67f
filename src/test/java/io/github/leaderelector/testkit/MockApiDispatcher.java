package io.github.leaderelector.testkit;

import io.fabric8.kubernetes.client.server.mock.KubernetesCrudDispatcher;
import io.fabric8.mockwebserver.http.MockResponse;
import io.fabric8.mockwebserver.http.RecordedRequest;

/** Fabric8's CRUD mock with what it does not know of: access reviews, and requests that must have no effect. */
public final class MockApiDispatcher extends KubernetesCrudDispatcher {

    @Override
    public MockResponse dispatch(RecordedRequest request) {
        String path = request.getPath();
        // The mock would keep the question and answer with it; here everybody may do everything.
        if (path.contains("/selfsubjectaccessreviews")) {
            return new MockResponse().setResponseCode(201).setBody("""
                {"apiVersion":"authorization.k8s.io/v1","kind":"SelfSubjectAccessReview",\
                "metadata":{},"spec":{},"status":{"allowed":true}}""");
        }
        return super.dispatch(request);
    }
}
