import HummingbirdCore
import Logging
public import NIOCore

/// Serves the connections of a listener in a way of its own, in place of an application's answers: a proxy.
public protocol ConnectionHandling: Sendable {
    /// Builds the pipeline of a connection, on its event loop.
    ///
    /// On `ChannelShouldQuiesceEvent` the pipeline ends the connection as soon as nothing is open on it.
    /// - Parameter certificates: those of the listener; nil: it speaks in clear.
    func configure(_ channel: any Channel, certificates: ServerCertificates?) throws
}

/// Lets HummingbirdCore's server accept connections for a ``ConnectionHandling``.
struct HandledConnections: ServerChildChannel {
    struct Connection: ServerChildChannelValue {
        let channel: any Channel
    }

    let handling: any ConnectionHandling
    let certificates: ServerCertificates?

    func setup(channel: any Channel, logger: Logger) -> EventLoopFuture<Connection> {
        channel.eventLoop.makeCompletedFuture {
            try handling.configure(channel, certificates: certificates)
            return Connection(channel: channel)
        }
    }

    func handle(value: Connection, logger: Logger) async {
        await withTaskCancellationHandler {
            try? await value.channel.closeFuture.get()
        } onCancel: {
            value.channel.close(promise: nil)
        }
    }
}
