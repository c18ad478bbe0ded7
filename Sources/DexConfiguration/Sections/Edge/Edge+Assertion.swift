extension Configuration.Edge {
    /// The signed statement for backends that a request came through the edge, in the manner of Google's IAP.
    public struct Assertion: Sendable, Hashable {
        /// Claim `iss`; nil: the issuer's address with `/edge` behind it.
        public var issuer: String?
        /// Claim `aud` where no policy names one; nil: the origin of the request.
        public var audience: String?
        public var header = "x-goog-iap-jwt-assertion"
        /// From `iat` to `exp`.
        public var lifetime: Duration = .seconds(600)
        /// Stands with a colon before `sub`, as in IAP's.
        public var subjectPrefix = ""

        public init() {}
    }
}

extension Configuration.Edge.Assertion {
    static var schema: Schema<Self> {
        .mapping { keys in
            var assertion = Self()
            assertion.issuer = keys("issuer", .text)
            assertion.audience = keys("audience", .text)
            assertion.header = keys("header", .text, default: assertion.header)
            assertion.lifetime = keys("lifetime", .duration, default: assertion.lifetime)
            assertion.subjectPrefix = keys("subjectPrefix", .text, default: "")
            if let place = keys["lifetime"], !(.seconds(10)...(.seconds(3600))).contains(assertion.lifetime) {
                keys.loading.problem(
                    "a statement about one request lives from 10s to 1h", hint: "write for example 10m", at: place)
            }
            return assertion
        }
    }
}
