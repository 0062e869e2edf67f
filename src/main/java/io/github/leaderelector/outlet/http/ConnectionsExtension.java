package io.github.leaderelector.outlet.http;

import io.netty.bootstrap.ChannelInitializerExtension;
import io.netty.channel.Channel;
import io.quarkus.arc.Arc;
import io.quarkus.arc.ArcContainer;
import io.quarkus.runtime.annotations.RegisterForReflection;

/**
 * Passes each connection that Netty accepts to {@link Connections}; Quarkus has no API for that. Call {@link #enable()}
 * before the first connection. Safe for use by many threads.
 */
// Created by the service loader.
@RegisterForReflection(methods = false, fields = false)
public final class ConnectionsExtension extends ChannelInitializerExtension {

    /** Called by {@link java.util.ServiceLoader}. */
    public ConnectionsExtension() {}

    /** Lets Netty look for this class. */
    public static void enable() {
        System.setProperty(EXTENSIONS_SYSTEM_PROPERTY, "serviceload");
    }

    @Override
    public void postInitializeServerChildChannel(Channel connection) {
        ArcContainer container = Arc.container();
        if (container == null || !container.isRunning()) {
            // The process ends.
            var unused = connection.close();
            return;
        }
        container.instance(Connections.class).get().add(connection);
    }
}
