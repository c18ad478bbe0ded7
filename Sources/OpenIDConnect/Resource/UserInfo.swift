import Bytes
public import FoundationEssentials
import JOSE

/// Why a bearer token was not taken (RFC 6750 §3.1).
public enum BearerError: Error, Sendable, Hashable {
    /// No token at all: the answer names no error code.
    case missing
    /// A token in two places.
    case invalidRequest(String)
    case invalidToken
    case unavailable
}

/// UserInfo (OpenID Connect Core §5.3).
public struct UserInfo: Sendable {
    public struct Answer: Sendable {
        public enum Body: Sendable {
            case json([UInt8])
            /// A signed JWT, for clients that registered for it.
            case jwt(String)
        }

        public let body: Body
        /// When the token that was shown expires: nobody may keep the answer for longer.
        public let expiresAt: Date
    }

    private let parts: ProviderParts

    public init(_ parts: ProviderParts) {
        self.parts = parts
    }

    /// Claims that say something of the token and not of the person.
    private static let tokenClaims: Set<ExactText> = [
        "iss", "aud", "azp", "exp", "iat", "nbf", "jti", "nonce", "at_hash", "c_hash", "auth_time", "amr", "client_id", "scope",
    ]

    /// - Parameters:
    ///   - authorization: the `Authorization` header.
    ///   - form: `access_token` of a form body (RFC 6750 §2.2).
    public func answer(authorization: String?, form: String?) async throws(BearerError) -> Answer {
        let header = authorization.flatMap(Self.bearer)
        if header != nil, form != nil { throw .invalidRequest("Send the token in one place.") }
        guard let token = header ?? form else { throw .missing }
        guard let verified = await parts.verifier.verify(token) else { throw .invalidToken }
        var claims = JSONObject()
        for claim in verified.claims.all.members where !Self.tokenClaims.contains(claim.name.exact) {
            claims[claim.name] = claim.value
        }
        let client: Client?
        do { client = try await parts.clients.client(id: verified.clientID) } catch {
            throw BearerError(error, doing: "find a client", toldTo: parts.events)
        }
        // A client that is gone takes its tokens with it.
        guard let client else { throw .invalidToken }
        if client.isUserInfoSigned {
            claims["iss"] = .string(parts.settings.issuer)
            claims["aud"] = .string(client.id)
            let payload = JSON.object(claims).serialized()
            do {
                let jwt = try await parts.signer.sign { key in try key.sign(payload: payload, type: nil) }
                return Answer(body: .jwt(jwt), expiresAt: verified.expiresAt)
            } catch {
                parts.events.record(.signingFailed(error))
                throw .unavailable
            }
        }
        return Answer(body: .json(JSON.object(claims).serialized()), expiresAt: verified.expiresAt)
    }

    /// The token of an `Authorization: Bearer` header; the scheme in any case (RFC 9110 §11.1).
    public static func bearer(_ header: String) -> String? {
        guard let (scheme, rest) = Substring(header.utf8.drop { $0 == 0x20 }).cutOnce(at: " "),
            scheme.hasSameBytesFoldingASCII(as: "bearer")
        else { return nil }
        let token = rest.utf8.drop { $0 == 0x20 }
        return token.isEmpty ? nil : String(Substring(token))
    }
}
