import Bytes
import JOSE
public import OpenIDConnect

/// Dex's `oauth`: any provider that has a token endpoint and an address that tells who somebody is.
public struct GenericProvider: OAuthProvider {
    public var authorizationURL: String
    public var tokenURL: String
    public var userInfoURL: String
    public var scopes: [String] = []
    public var placement = SecretPlacement.headerThenForm
    public var challenge = ChallengeMethod.none
    public var claims = Claims()

    /// The names of members of the user info.
    public struct Claims: Sendable, Hashable {
        public var userID = "id"
        public var userName = "user_name"
        public var preferredUsername = "preferred_username"
        public var groups = "groups"
        public var email = "email"
        public var emailVerified = "email_verified"

        public init() {}
    }

    public init(authorizationURL: String, tokenURL: String, userInfoURL: String) {
        self.authorizationURL = authorizationURL
        self.tokenURL = tokenURL
        self.userInfoURL = userInfoURL
    }

    public var service: String { "the OAuth provider" }
    public var memory: TokenMemory { .accessToken }

    public func endpoints() async throws(ConnectorError) -> OAuthEndpoints {
        OAuthEndpoints(authorization: authorizationURL, token: tokenURL, placement: placement, challenge: challenge)
    }

    public func scopes(for asked: AskedScopes) -> [String] { scopes }

    public func identity(in session: OAuthSession) async throws(ConnectorError) -> Identity {
        let user = try await session.api.get(userInfoURL)
        guard user.object != nil else { throw session.failure.malformed("is no object", at: userInfoURL) }
        let userID: String
        switch user[claims.userID] {
        case .string(let text)?: userID = text
        // Dex reads every number as floating, and this text is part of `sub`. An integer that this would round keeps its digits, so
        // that it stays apart from its neighbors.
        case .integer(let number)?:
            userID = Int64(exactly: Double(number)) == number ? GoNumber.text(Double(number)) : "\(number)"
        case .number(let number)? where number.magnitude < 0x1p53: userID = GoNumber.text(number)
        case .number?: throw session.failure.malformed("has a \(claims.userID) of more digits than are exact", at: userInfoURL)
        case nil, .null?: throw session.failure.malformed("has no \(claims.userID)", at: userInfoURL)
        default: throw session.failure.malformed("has a \(claims.userID) that is no text and no number", at: userInfoURL)
        }
        guard !userID.isEmpty else { throw session.failure.malformed("has an empty \(claims.userID)", at: userInfoURL) }
        return Identity(
            userID: userID, username: user.text(claims.userName), preferredUsername: user.text(claims.preferredUsername),
            email: user.text(claims.email), emailVerified: user[claims.emailVerified]?.bool ?? false,
            groups: session.asked.groups ? (groups(in: user) + tokenGroups(session.tokens.accessToken)).once() : [])
    }

    /// Names, or objects with a name.
    private func groups(in claims: JSON) -> [String] {
        claims[self.claims.groups]?.array?.compactMap { $0.string ?? $0["name"]?.string } ?? []
    }

    /// The access token came straight from the provider, over TLS, so that its claims count without their signature.
    private func tokenGroups(_ token: String) -> [String] {
        let parts = token.cut(at: ".")
        guard parts.count >= 2 else { return [] }
        let unpadded = parts[1].cutOnce(at: "=")?.before ?? parts[1]
        guard let bytes = try? Base64URL.decode(unpadded), let claims = try? JSON(parsing: bytes) else { return [] }
        return groups(in: claims)
    }
}
