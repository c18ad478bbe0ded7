import Bytes

extension Configuration.Edge {
    /// What a backend is told about who asks.
    public struct Headers: Sendable, Hashable {
        /// Families of names; see docs/edge/README.md.
        public var families: [Family] = [.xAuthRequest]
        /// What becomes of `Authorization`.
        public var authorization = Authorization.keep
        /// Whether the session's access token is passed on.
        public var accessToken = false
        /// Header name to the name of the claim that it carries.
        public var claims: [ExactText: String] = [:]
        /// Stands before the e-mail address in `kubeflow-userid`.
        public var kubeflowPrefix = ""
        /// Stands with a colon before the values of `x-goog-authenticated-user-…`.
        public var googleNamespace = "accounts.google.com"

        public init() {}
    }
}

extension Configuration.Edge.Headers {
    public enum Family: String, Sendable, Hashable, CaseIterable {
        case xAuthRequest = "x-auth-request"
        case xForwarded = "x-forwarded"
        case kubeflow
        case google = "x-goog"
    }

    public enum Authorization: String, Sendable, Hashable, CaseIterable {
        case keep, token, remove
    }

    static var schema: Schema<Self> {
        .mapping { keys in
            var headers = Self()
            headers.families = keys(
                "families", .list(of: .word("family of headers", Family.self)), default: headers.families)
            headers.authorization = keys(
                "authorization", .word("way to treat Authorization", Authorization.self), default: .keep)
            headers.accessToken = keys("accessToken", .bool, default: false)
            headers.claims = keys("claims", .dictionary, default: [:])
            headers.kubeflowPrefix = keys("kubeflowPrefix", .text, default: "")
            headers.googleNamespace = keys("googleNamespace", .text, default: headers.googleNamespace)
            for (name, _) in headers.claims.sorted(by: { $0.key < $1.key }) where !isHeaderName(name.text) {
                keys.loading.problem(
                    "\(quoted(name.text)) is not the name of a header", hint: "use letters, digits and dashes",
                    at: keys["claims"] ?? keys.mapping)
            }
            for (name, _) in headers.claims.sorted(by: { $0.key < $1.key })
            where forbidden.contains(name.text.asciiLowercased.exact) {
                keys.loading.problem(
                    "\(name) is not a header that can carry a claim", hint: "choose a name of your own, such as X-Claim-Team",
                    at: keys["claims"] ?? keys.mapping)
            }
            return headers
        }
    }

    /// An underscore is refused: proxies in front take it for a dash.
    private static func isHeaderName(_ text: String) -> Bool {
        !text.isEmpty
            && text.utf8.allSatisfy { byte in
                switch byte {
                case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
                    UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "-"):
                    true
                default: false
                }
            }
    }

    /// What messages are made of, and what has a meaning already.
    private static let forbidden: Set<ExactText> = [
        "authorization", "connection", "content-length", "content-type", "cookie", "date", "host", "set-cookie", "te", "trailer",
        "transfer-encoding", "upgrade",
    ]
}
