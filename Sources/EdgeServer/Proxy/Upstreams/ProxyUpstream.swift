import Bytes
import NIOSSL
import Synchronization
public import Upstream

/// A backend that requests are passed on to.
public final class ProxyUpstream: Sendable {
    public enum Scheme: String, Sendable, Hashable {
        /// HTTP/1.1 in clear.
        case http
        /// TLS with HTTP/2 or HTTP/1.1, as the backend chooses.
        case https
        /// HTTP/2 in clear, by prior knowledge (RFC 9113 §3.3).
        case h2c
    }

    public struct Limits: Sendable, Hashable {
        /// For the connection and, with https, the handshake.
        public var connectMilliseconds: Int64 = 5_000
        /// From the last byte of the request to the head of the answer.
        public var responseMilliseconds: Int64 = 300_000
        /// Without a byte in either direction.
        public var idleMilliseconds: Int64 = 300_000
        /// Requests under way; one more is answered 503.
        public var requests = 1024
        /// Connections kept for later, of each event loop.
        public var idleConnections = 64
        /// How long one is kept.
        public var keepMilliseconds: Int64 = 30_000

        public init() {}
    }

    /// What logs and metrics call it.
    public let name: String
    public let scheme: Scheme
    public let host: String
    public let port: Int
    public let limits: Limits
    let tls: NIOSSLContext?
    /// For a WebSocket, which needs HTTP/1.1.
    let tlsHTTP1: NIOSSLContext?
    private let running = Atomic<Int>(0)

    /// - Throws: ``UpstreamError/untrusted(_:)`` for authorities that are no certificates.
    public init(
        name: String, scheme: Scheme, host: String, port: Int, trust: UpstreamTrust = .system(), limits: Limits = Limits()
    ) throws {
        self.name = name
        self.scheme = scheme
        self.host = host
        self.port = port
        self.limits = limits
        guard scheme == .https else {
            tls = nil
            tlsHTTP1 = nil
            return
        }
        var configuration = try trust.tls()
        configuration.applicationProtocols = ["h2", "http/1.1"]
        tls = try NIOSSLContext(configuration: configuration)
        configuration.applicationProtocols = ["http/1.1"]
        tlsHTTP1 = try NIOSSLContext(configuration: configuration)
    }

    /// What `Host` says when the client's is not passed on.
    var authority: String {
        let host = host.containsByte(":") ? "[\(host)]" : host
        return port == (scheme == .https ? 443 : 80) ? host : "\(host):\(port)"
    }

    /// Takes a place among the requests under way; each `true` needs a ``leave()``.
    func enter() -> Bool {
        if running.wrappingAdd(1, ordering: .relaxed).newValue <= limits.requests { return true }
        leave()
        return false
    }

    func leave() { running.wrappingSubtract(1, ordering: .relaxed) }

    /// Requests under way.
    public var requestsUnderWay: Int { running.load(ordering: .relaxed) }
}
