import GRPCCore
import GRPCNIOTransportHTTP2Posix

/// How much a proxy may take of the gRPC listener.
public struct EdgeGRPCLimits: Sendable, Hashable {
    /// Bytes of one question: past that it fails, and the proxy has no answer. Headers are 60 KiB at most in Envoy. Default 1 MiB.
    public var questionBytes = 1 << 20
    /// Questions in flight on one connection; more wait at the proxy. Default 1024.
    public var concurrentQuestions = 1024
    /// Seconds that questions in flight have to finish once the server is told to stop. Default 20.
    public var drainSeconds = 20

    public init() {}

    var transport: HTTP2ServerTransport.Posix.Config {
        .defaults { config in
            config.rpc.maxRequestPayloadSize = questionBytes
            config.http2.maxConcurrentStreams = concurrentQuestions
            config.connection.maxGraceTime = .seconds(drainSeconds)
            // An answer should not wait for others that may follow it.
            config.connection.flushCoalescing = nil
            // Proxies may look every ten seconds whether the connection lives, busy or not.
            config.connection.keepalive.clientBehavior = .init(
                minPingIntervalWithoutCalls: .seconds(10), allowWithoutCalls: true)
        }
    }
}
