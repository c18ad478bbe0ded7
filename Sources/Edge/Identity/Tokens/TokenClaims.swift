import Bytes
import FoundationEssentials
import JOSE

/// The claims of a token, in the form that rules look at (RFC 7519 §4.1). Nothing in them is to be believed before the signature
/// was checked.
struct TokenClaims: Sendable {
    let all: JSONObject

    /// A date that every calendar knows: the last second of the year 9999.
    static let latest = 253_402_300_799.0

    var issuer: String? { all["iss"]?.string }
    var subject: String? { all["sub"]?.string }
    var tokenID: String? { all["jti"]?.string }

    /// One string or several; empty when there is none, or one of them is no string.
    var audiences: [String] {
        switch all["aud"] {
        case .string(let one): return [one]
        case .array(let several):
            let texts = several.compactMap(\.string)
            return texts.count == several.count ? texts : []
        default: return []
        }
    }

    /// Whether the token is for one of those; empty: any is right.
    func isFor(_ accepted: [String]) -> Bool {
        guard !accepted.isEmpty else { return true }
        return audiences.contains { audience in accepted.contains { $0.hasSameBytes(as: audience) } }
    }

    /// Checks `exp`, `nbf` and `iat`.
    /// - Parameters:
    ///   - skew: how far clocks may be apart, in seconds.
    ///   - expirySkew: the same for `exp`.
    /// - Returns: from when on the token is not accepted any more, in seconds since 1970.
    func checkTimes(now: Double, skew: Double, expirySkew: Double) throws(TokenRefusal) -> Double {
        guard let written = all["exp"], !written.isNull else { throw .invalid("the token has no expiry (exp)") }
        guard let expiry = written.number else { throw .invalid("the token's exp is not a number") }
        let end = min(expiry, Self.latest) + expirySkew
        guard now < end else { throw .expired }
        if let start = try time("nbf"), start > now + skew { throw .invalid("the token is not valid yet") }
        if let issuedAt = try time("iat"), issuedAt > now + skew { throw .invalid("the token was issued in the future") }
        return end
    }

    private func time(_ name: String) throws(TokenRefusal) -> Double? {
        guard let written = all[name], !written.isNull else { return nil }
        guard let time = written.number else { throw .invalid("the token's \(name) is not a number") }
        return time
    }

    /// A claim by its name, or by the way to it through objects: `realm_access.roles`.
    func claim(at path: String) -> JSON? {
        if let found = all[path] { return found.isNull ? nil : found }
        guard path.containsByte(".") else { return nil }
        var value = JSON.object(all)
        for name in path.cut(at: ".") {
            guard let next = value[String(name)] else { return nil }
            value = next
        }
        return value.isNull ? nil : value
    }
}
