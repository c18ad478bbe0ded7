import DexConfiguration
import Edge
import EdgeServer
import FoundationEssentials
import Logging
import OpenIDConnect
import Upstream
import Web

/// The reverse proxy of a configuration.
extension EdgeProxy {
    /// - Parameters:
    ///   - own: serves what is the edge's own on these listeners: its login, not the questions of other proxies.
    ///   - cookies: the names of the edge's cookies, which no backend sees.
    ///   - cookiePrefixes: what its further cookies begin with.
    /// - Returns: nothing when there are no backends.
    static func listeners(
        _ edge: Configuration.Edge, parts: EdgeParts, own: WebApplication, cookies: [String], cookiePrefixes: [String],
        metrics: Metrics
    ) throws -> [Listener] {
        guard let listen = edge.listen, !edge.upstreams.isEmpty else { return [] }
        let routes = try edge.upstreams.enumerated().map { index, upstream in
            try ProxyRoute(upstream, at: index, metrics: metrics)
        }
        var settings = Settings(routes: ProxyRoutes(routes), own: own)
        settings.ownPrefixes = [parts.prefix + "/"]
        settings.normalization = EdgePath.Normalization(edge.pathNormalization)
        settings.trustedProxies = parts.trustedProxies
        settings.cookies = cookies
        settings.cookiePrefixes = cookiePrefixes
        settings.limits = ServerLimits(listen.limits)
        let connections = ProxyConnections(
            EdgeProxy(settings, answering: parts.answers, record: ProxyLog(metrics: metrics, logger: parts.logger).record))
        var listeners: [Listener] = []
        if let http = listen.http {
            listeners.append(Listener(name: "edge-http", address: Web.ListenAddress(http), connections: connections))
        }
        if let https = listen.https, let tls = listen.tls {
            listeners.append(
                Listener(
                    name: "edge-https", address: Web.ListenAddress(https), certificates: try ServerCertificates(tls),
                    connections: connections))
        }
        return listeners
    }
}

extension ProxyRoute {
    fileprivate init(_ upstream: Configuration.Edge.Upstream, at index: Int, metrics: Metrics) throws {
        var limits = ProxyUpstream.Limits()
        limits.connectMilliseconds = upstream.connectTimeout.milliseconds
        limits.responseMilliseconds = upstream.responseTimeout.milliseconds
        limits.idleMilliseconds = upstream.idleTimeout.milliseconds
        limits.requests = upstream.maxRequests
        let address = upstream.url
        let name = "\(address.scheme.rawValue)://\(DexConfiguration.ListenAddress(host: address.host, port: address.port))"
        let target: ProxyUpstream
        do {
            target = try ProxyUpstream(
                name: name, scheme: ProxyUpstream.Scheme(address.scheme), host: address.host,
                port: Int(address.port),
                trust: upstream.insecureSkipVerify
                    ? .insecure : .system(additional: upstream.certificateAuthority.map { [$0] } ?? []),
                limits: limits)
        } catch {
            throw StartError("edge.upstreams[\(index)].rootCA: \(error)")
        }
        self.init(
            host: upstream.host, path: upstream.path, upstream: target, stripsPrefix: upstream.stripPrefix,
            keepsHost: upstream.passHost, allowedOrigins: upstream.allowedOrigins)
        metrics.gauge(
            "dextra_edge_upstream_requests", help: "Requests under way, by backend.",
            labels: [("upstream", "\(index) \(name)")]
        ) { [target] in Double(target.requestsUnderWay) }
    }
}

extension Duration {
    fileprivate var milliseconds: Int64 { max(1, Int64(timeInterval * 1000)) }
}

/// What the proxy tells of each request.
private struct ProxyLog: Sendable {
    let logger: Logger
    let answers: CounterFamily
    let failures: CounterFamily

    init(metrics: Metrics, logger: Logger) {
        self.logger = logger
        answers = metrics.counter(
            "dextra_edge_proxied_total", help: "Requests to the reverse proxy, by backend and class of status.",
            labels: ["upstream", "code"])
        failures = metrics.counter(
            "dextra_edge_proxy_failures_total", help: "Requests without a whole answer of their backend.",
            labels: ["upstream", "code"])
    }

    @Sendable func record(_ record: EdgeProxy.Record) {
        let (upstream, code) = (record.upstream ?? "", record.status == 0 ? "-" : "\(record.status / 100)xx")
        answers(upstream, code).increment()
        if record.failure != nil { failures(upstream, code).increment() }
        let level: Logger.Level = record.status >= 500 && record.failure != nil ? .warning : .debug
        // The query stays out: it may hold tokens.
        logger.log(
            level: level, "proxied",
            metadata: [
                "method": "\(record.method)", "path": "\(record.path)", "status": "\(record.status)",
                "upstream": "\(record.upstream ?? "-")", "bytes": "\(record.bytes)",
                "duration_ms": "\(record.milliseconds)", "client_remote_addr": "\(record.peer)",
                "reason": "\(record.failure ?? "-")",
            ])
    }
}
