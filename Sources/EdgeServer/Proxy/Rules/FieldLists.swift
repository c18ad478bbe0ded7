import Bytes
import Edge

/// Header fields that a proxy does not pass on as they are.
enum FieldLists {
    /// Of one connection only (RFC 9110 §7.6.1), with those that say where a message ends: the proxy writes its own.
    static let hopByHop: Set<FoldedName> = [
        "connection", "keep-alive", "proxy-connection", "proxy-authenticate", "proxy-authorization", "te",
        "transfer-encoding", "upgrade", "http2-settings",
    ]

    /// What proxies say of the client and of the way. Anybody can write that, so it is kept only if a trusted proxy wrote it.
    static let forwarding = FieldNames(
        [
            "x-real-ip", "x-scheme", "x-url-scheme", "front-end-https", "x-client-ip", "client-ip", "true-client-ip",
            "x-cluster-client-ip", "x-remote-ip", "x-remote-addr", "x-originating-ip", "x-proxyuser-ip", "cf-connecting-ip",
            "fastly-client-ip",
        ], beginnings: ["x-forwarded-", "x-original-", "x-envoy-"])

    /// Never passed on, whoever sent it.
    ///
    /// - Who somebody is, only the edge says: the names under which servers and proxies tell it to programs.
    /// - What some frameworks take for the method, host or address that is asked is not what was judged.
    /// - `Proxy` becomes `HTTP_PROXY` in CGI and its kin, by which programs find their way out.
    /// - `Forwarded` (RFC 7239) would lack our part of the way.
    static let never = FieldNames(
        [
            "x-original-url", "x-rewrite-url", "x-override-url", "x-forwarded-path", "x-host", "x-http-host-override",
            "x-http-method", "x-http-method-override", "x-method-override", "forwarded", "proxy",
            "x-forwarded-user", "x-forwarded-email", "x-forwarded-groups", "x-forwarded-preferred-username",
            "x-forwarded-access-token", "gap-auth", "client-cert", "client-cert-chain", "auth-user", "x-auth-user",
        ],
        beginnings: [
            "x-auth-request-", "kubeflow-", "x-goog-authenticated-", "x-goog-iap-", "remote-", "x-remote-user",
            "x-remote-group", "x-remote-email", "x-remote-name", "x-remote-extra-", "x-client-cert", "ssl-client-",
            "x-ssl-", "x-webauth-", "x-authenticated-", "x-authentik-", "x-pomerium-", "x-consumer-", "x-vouch-", "cf-access-",
            "x-ms-client-principal", "x-amzn-oidc-", "oidc-", "tailscale-user-", "x-endpoint-api-userinfo", "x-arr-clientcert",
        ])

    /// Of these, what may hold a token, which proves itself: an issuer's `fromHeaders` can name them. Looked at, not passed on.
    static let tokens = FieldNames(
        ["x-forwarded-access-token", "x-auth-request-access-token"],
        beginnings: ["x-goog-iap-", "cf-access-", "x-amzn-oidc-", "x-pomerium-"])

    /// What no trailer may bring (RFC 9110 §6.5.1): a backend that joins trailers to the headers would believe it.
    static let notInTrailers: Set<FoldedName> = [
        "host", "content-length", "content-type", "content-encoding", "content-range", "authorization", "cookie",
        "set-cookie", "expect", "range", "cache-control", "max-forwards", "location", "www-authenticate", "trailer",
        "x-forwarded-user", "x-forwarded-email", "x-forwarded-groups",
    ]

    /// The names that `Connection` lists besides.
    static func listed(in connection: some Sequence<String>) -> Set<FoldedName> {
        var names: Set<FoldedName> = []
        for option in options(connection) { names.insert(FoldedName(option)) }
        return names
    }

    /// Whether `Connection` is a list of tokens (RFC 9110 §7.6.1). In any other text the next reader may find other names.
    static func isList(_ connection: some Sequence<String>) -> Bool {
        options(connection).allSatisfy { $0.utf8.allSatisfy(isTokenByte) }
    }

    private static func options(_ connection: some Sequence<String>) -> [Substring] {
        connection.flatMap { $0.cut(at: ",").map(\.trimmedOfOptionalWhitespace).filter { !$0.isEmpty } }
    }

    /// RFC 9110 §5.6.2.
    private static func isTokenByte(_ byte: UInt8) -> Bool {
        switch byte {
        case UInt8(ascii: "!"), UInt8(ascii: "#")...UInt8(ascii: "'"), UInt8(ascii: "*"), UInt8(ascii: "+"), UInt8(ascii: "-"),
            UInt8(ascii: "."), UInt8(ascii: "^")...UInt8(ascii: "`"), UInt8(ascii: "|"), UInt8(ascii: "~"):
            true
        default: byte.isASCIIDigit || byte.isASCIILetter
        }
    }
}

/// Names of header fields, some of them by what they begin with. Compared as ``FoldedName`` compares.
struct FieldNames: Sendable {
    private let whole: Set<FoldedName>
    /// By their first byte, in lower case.
    private let beginnings: [UInt8: [[UInt8]]]

    /// - Parameter beginnings: in lower case, of letters, digits and `-`.
    init(_ whole: Set<FoldedName>, beginnings: [StaticString]) {
        self.whole = whole
        self.beginnings = Dictionary(grouping: beginnings.map { Array($0.description.utf8) }) { $0.first ?? 0 }
    }

    func contains(_ name: some StringProtocol) -> Bool { contains(name, FoldedName(name)) }

    /// - Parameter folded: the same name.
    func contains(_ name: some StringProtocol, _ folded: FoldedName) -> Bool {
        if whole.contains(folded) { return true }
        guard let first = name.utf8.first, let candidates = beginnings[Self.folded(first)] else { return false }
        return candidates.contains { beginning in
            name.utf8.count >= beginning.count && zip(beginning, name.utf8).allSatisfy { $0 == Self.folded($1) }
        }
    }

    private static func folded(_ byte: UInt8) -> UInt8 {
        byte.isASCIILetter || byte.isASCIIDigit ? byte.asciiLowercased : UInt8(ascii: "-")
    }
}
