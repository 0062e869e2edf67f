package io.github.leaderelector.outlet.service;

import java.util.Locale;

/** A family of IP addresses; an EndpointSlice holds addresses of one. */
enum Family {
    IPV4("IPv4"),
    IPV6("IPv6");

    private final String addressType;

    Family(String addressType) {
        this.addressType = addressType;
    }

    /** The family that {@code address} belongs to. */
    static Family of(String address) {
        return address.indexOf(':') < 0 ? IPV4 : IPV6;
    }

    /** The name in EndpointSlices and Services: {@code IPv4} or {@code IPv6}. */
    String addressType() {
        return addressType;
    }

    /** The name of the slice that the leader writes for {@code service}. */
    String sliceName(String service) {
        return service + "-" + addressType.toLowerCase(Locale.ROOT);
    }
}
