/// Header fields that a proxy does not pass on as they are.
enum FieldLists {
    /// Of one connection only (RFC 9110 §7.6.1), with those that say where a message ends: the proxy writes its own.
    static let hopByHop: Set<FoldedName> = [
        "connection", "keep-alive", "proxy-connection", "proxy-authenticate", "proxy-authorization", "te",
        "transfer-encoding", "upgrade", "http2-settings",
    ]

    /// What proxies say of the client. Anybody can write that, so it is kept only if a trusted proxy wrote it.
    static let forwarding: Set<FoldedName> = [
        "x-forwarded-for", "x-forwarded-proto", "x-forwarded-host", "x-forwarded-port", "x-forwarded-prefix",
        "x-forwarded-server", "x-forwarded-scheme", "x-forwarded-ssl", "x-forwarded-client-cert", "x-real-ip", "x-scheme",
        "x-forwarded-uri", "x-forwarded-method", "x-original-uri", "x-original-method", "x-original-host",
        "x-envoy-external-address", "x-client-ip", "true-client-ip", "x-cluster-client-ip",
    ]

    /// Never passed on. Some backends take the first two for the address that is asked, which is then not the one that was
    /// judged; `Forwarded` (RFC 7239) would lack our part of the way.
    static let never: Set<FoldedName> = ["x-original-url", "x-rewrite-url", "forwarded", "x-forwarded-path"]

    /// What no trailer may bring (RFC 9110 §6.5.1): a backend that joins trailers to the headers would believe it.
    static let notInTrailers: Set<FoldedName> = [
        "host", "content-length", "content-type", "content-encoding", "content-range", "authorization", "cookie",
        "set-cookie", "expect", "range", "cache-control", "max-forwards", "location", "www-authenticate", "trailer",
        "x-forwarded-user", "x-forwarded-email", "x-forwarded-groups",
    ]

    /// The names that `Connection` lists besides.
    static func listed(in connection: some Sequence<String>) -> Set<FoldedName> {
        var names: Set<FoldedName> = []
        for value in connection {
            for name in value.split(separator: ",") {
                let trimmed = name.drop { $0 == " " || $0 == "\t" }.prefix { $0 != " " && $0 != "\t" }
                if !trimmed.isEmpty { names.insert(FoldedName(trimmed)) }
            }
        }
        return names
    }
}
