import JOSE

/// The claims of a JWT that rules look at (RFC 7519 §4.1).
struct JWTClaims: Sendable {
    let all: JSONObject

    /// - Returns: nil unless the payload is a JSON object.
    init?(payload: [UInt8]) {
        guard let object = (try? JSON(parsing: payload))?.object else { return nil }
        all = object
    }

    /// Claims of a token whose signature nobody has checked: only to find out which keys to check it with.
    init?(unverified compact: String) {
        let parts = compact.split(separator: ".", omittingEmptySubsequences: false)
        guard parts.count == 3, compact.utf8.count <= 32_768, let payload = try? Base64URL.decode(parts[1]) else { return nil }
        self.init(payload: payload)
    }

    var issuer: String? { all["iss"]?.string }
    var subject: String? { all["sub"]?.string }
    var tokenID: String? { all["jti"]?.string }
    var expiry: Int64? { all["exp"]?.integer }
    var issuedAt: Int64? { all["iat"]?.integer }
    var notBefore: Int64? { all["nbf"]?.integer }

    /// One string or several.
    var audience: [String] {
        switch all["aud"] {
        case .string(let one): [one]
        case .array(let several): several.compactMap(\.string)
        default: []
        }
    }
}
