import Bytes
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
        guard compact.utf8.count <= 32_768 else { return nil }
        let parts = compact.cut(at: ".", most: 3)
        guard parts.count == 3, let payload = try? Base64URL.decode(parts[1]) else { return nil }
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

    /// The same, for those who must know every one: nil where one is no string, or none is there.
    var statedAudience: [String]? {
        switch all["aud"] {
        case .string(let one): return [one]
        case .array(let several):
            let texts = several.compactMap(\.string)
            return texts.count == several.count ? texts : nil
        default: return nil
        }
    }
}
