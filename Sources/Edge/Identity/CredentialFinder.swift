import Bytes
import JOSE

/// Finds what a request brings along to prove who asks. The first that is there counts, and no other is tried when it is
/// wrong: a bearer token before a session, a session before a certificate.
public struct CredentialFinder: Sendable {
    /// Where tokens may stand, of all issuers, in order.
    public var tokenLocations: [TrustedIssuer.Location]
    /// The name of the session cookie; nil: there are no sessions.
    public var sessionCookie: String?
    /// Whether `x-forwarded-client-cert` is read. The request must have come through a trusted peer.
    public var takesCertificates: Bool

    public init(
        tokenLocations: [TrustedIssuer.Location] = [TrustedIssuer.authorization], sessionCookie: String? = nil,
        takesCertificates: Bool = false
    ) {
        self.tokenLocations = tokenLocations
        self.sessionCookie = sessionCookie
        self.takesCertificates = takesCertificates
    }

    public func credential(in request: EdgeRequest) -> EdgeCredential? {
        for location in tokenLocations {
            if let token = Self.token(at: location, in: request) { return .bearer(token) }
        }
        if let sessionCookie, let value = EdgeCookies.chunked(sessionCookie, in: request.headers) { return .session(value) }
        if takesCertificates, let certificates = request.headers.only("x-forwarded-client-cert") {
            return .certificate(certificates)
        }
        return nil
    }

    /// Several fields of the name count as one that is wrong: proxies disagree on which of them is meant.
    static func token(at location: TrustedIssuer.Location, in request: EdgeRequest) -> String? {
        switch location {
        case .header(let name, let prefix):
            guard request.headers.contains(name) else { return nil }
            guard let value = request.headers.only(name) else { return "" }
            guard value.utf8.count >= prefix.utf8.count,
                zip(value.utf8, prefix.utf8).allSatisfy({ $0.asciiLowercased == $1.asciiLowercased })
            else { return nil }
            let token = value.utf8.dropFirst(prefix.utf8.count).drop { $0 == UInt8(ascii: " ") }
            return String(Substring(token))
        case .basic: return basicToken(in: request)
        case .query(let name): return QueryText.value(of: name, in: request.query)
        case .cookie(let name): return EdgeCookies.value(name, in: request.headers)
        }
    }

    /// As oauth2-proxy reads it; real names and passwords are nothing that is looked for here.
    private static func basicToken(in request: EdgeRequest) -> String? {
        guard let encoded = token(at: .header("authorization", prefix: "Basic "), in: request),
            let bytes = try? Base64.decode(encoded), let text = String(validating: bytes, as: UTF8.self),
            let (user, password) = text.cutOnce(at: ":")
        else { return nil }
        if looksLikeJWT(user) { return password.isEmpty || password == "x-oauth-basic" ? String(user) : nil }
        return looksLikeJWT(password) ? String(password) : nil
    }

    private static func looksLikeJWT(_ text: Substring) -> Bool {
        let parts = text.cut(at: ".", most: 3)
        // The header is a JSON object, and base64url of `{"` is `ey`.
        return parts.count == 3 && !parts[1].isEmpty && text.startsWithBytes(of: "ey")
    }
}
