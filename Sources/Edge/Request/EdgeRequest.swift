import Bytes

/// The request that is judged: not the proxy's question about it, but what a client wants of a backend.
public struct EdgeRequest: Sendable, Hashable {
    /// As sent, such as `GET`.
    public var method: String
    /// `http` or `https`, as the client used it.
    public var scheme: String
    /// In lower case, with the port where it is written.
    public var host: String
    /// As sent, without the query: percent-encoding untouched. Policies see ``EdgePath``'s normal form.
    public var path: String
    /// What stood behind the first `?`, without it; empty when there was none.
    public var query: String
    public var headers: EdgeHeaders
    /// The client's address as far as trusted proxies tell it; empty if unknown.
    public var clientAddress: String
    /// The address of the other end of the connection that the proxy accepted, or of the proxy; empty if unknown.
    public var peerAddress: String
    /// What mutual TLS proved about the other end, such as `cluster.local/ns/default/sa/web`; nil without it.
    public var peerPrincipal: String?
    /// The port of the backend or of the proxy's listener; nil if unknown.
    public var destinationPort: Int?
    /// The address that the client asked; empty if unknown.
    public var destinationAddress: String
    /// What TLS said of the host (SNI); nil if unknown.
    public var serverName: String?
    /// Names a group of policies: gRPC's `context_extensions`, an address of its own for HTTP.
    public var policySelector: String?

    public init(
        method: String = "GET", scheme: String = "https", host: String, path: String = "/", query: String = "",
        headers: EdgeHeaders = EdgeHeaders(), clientAddress: String = "", peerAddress: String = "",
        peerPrincipal: String? = nil, destinationPort: Int? = nil, policySelector: String? = nil, destinationAddress: String = "",
        serverName: String? = nil
    ) {
        self.method = method
        self.scheme = scheme
        self.host = host
        self.path = path
        self.query = query
        self.headers = headers
        self.clientAddress = clientAddress
        self.peerAddress = peerAddress
        self.peerPrincipal = peerPrincipal
        self.destinationPort = destinationPort
        self.policySelector = policySelector
        self.destinationAddress = destinationAddress
        self.serverName = serverName
    }

    /// The host without its port.
    public var hostName: Substring { Self.name(ofHost: host) }

    /// - Parameter host: in lower case, perhaps with a port.
    static func name(ofHost host: String) -> Substring {
        if host.startsWithByte("["), let end = host.firstByte("]") { return host[...end] }
        return host[..<(host.firstByte(":") ?? host.endIndex)]
    }

    /// Whether a browser asks, for a page of another origin, if it may send a request (Fetch §3.2.2). It sends no credentials
    /// along: what stands there all the same is not looked at.
    public var isPreflight: Bool {
        method == "OPTIONS" && headers.first("origin")?.isEmpty == false
            && headers.first("access-control-request-method")?.isEmpty == false
    }

    /// Path and query as sent.
    public var target: String { query.isEmpty ? path : path + "?" + query }
}
