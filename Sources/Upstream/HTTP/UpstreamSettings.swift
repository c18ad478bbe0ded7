/// How a server that we are a client of is talked to.
public struct UpstreamSettings: Sendable, Hashable {
    public var trust: UpstreamTrust = .system()
    public var proxies: ProxyRules = .none
    public var connectTimeout: Duration = .seconds(5)
    /// From the call to the last byte of the answer, waiting for a connection included.
    public var deadline: Duration = .seconds(10)
    /// Bytes of an answer's body.
    public var bodyLimit = 1 << 20
    /// Requests at once; one more is ``UpstreamError/overloaded``.
    public var requestLimit = 256
    /// Connections to one server; further requests wait for one.
    public var connectionLimit = 64
    /// Whether link-local addresses may be asked. Only for a server that is configured by such an address.
    public var allowsLinkLocal = false
    /// Ends what is asked before its own time is over.
    public var life: UpstreamLife?

    public init() {}
}

/// Whose certificates are believed.
public enum UpstreamTrust: Sendable, Hashable {
    /// The system's authorities and these certificates in PEM.
    case system(additional: [String] = [])
    /// Anybody's: the connection is no safer than an unencrypted one.
    case insecure
}
