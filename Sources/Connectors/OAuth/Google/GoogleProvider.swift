import Bytes
public import JOSE
public import OpenIDConnect

/// Dex's `google`: OpenID Connect, and groups by the Directory API.
public struct GoogleProvider: RefreshableOAuthProvider {
    public var scopes = ["profile", "email"]
    /// Google Workspace domains whose people may log in. Empty: anybody may.
    public var hostedDomains: [String] = []
    /// Empty: anybody may log in. Else one of them is needed, and no others are told.
    public var groups: [String] = []
    public var fetchesTransitively = false
    public var promptType = "consent"
    public var directory: GoogleDirectory?
    private let issuer: any TokenIssuing

    public init(issuer: any TokenIssuing) {
        self.issuer = issuer
    }

    public var service: String { "Google" }
    public var memory: TokenMemory { .refreshToken }
    public var alwaysRenews: Bool { true }

    public var concern: String? { issuer.concern }

    public func endpoints() async throws(ConnectorError) -> OAuthEndpoints { try await issuer.endpoints() }

    public func scopes(for asked: AskedScopes) -> [String] { ["openid"] + scopes }

    public func parameters(for asked: AskedScopes) -> [OAuthParameter] {
        var parameters: [OAuthParameter] = []
        if let domain = hostedDomains.first {
            parameters.append(OAuthParameter("hd", hostedDomains.count == 1 ? domain : "*"))
        }
        if asked.offlineAccess {
            parameters += [OAuthParameter("access_type", "offline"), OAuthParameter("prompt", promptType)]
        }
        return parameters
    }

    public func identity(in session: OAuthSession) async throws(ConnectorError) -> Identity {
        guard let token = session.tokens.idToken else { throw .unavailable("Google gave no id_token") }
        let claims = JSON.object(try await issuer.claims(of: token, nonce: session.nonce))
        let subject = claims.text("sub")
        guard !subject.isEmpty else { throw .refused("Google's id_token has no sub") }
        if let previous = session.previous, !previous.userID.hasSameBytes(as: subject) {
            throw .gone("Google answers for somebody else")
        }
        if !hostedDomains.isEmpty, [claims.text("hd")].only(hostedDomains).isEmpty {
            throw session.notAMember("in none of the hostedDomains")
        }
        let email = claims.text("email")
        // At a refresh Google may leave the name out. That it is asked for elsewhere is not worth the limits there.
        let name = claims.text("name").isEmpty ? session.previous?.username ?? "" : claims.text("name")
        return Identity(
            userID: subject, username: name, email: email, emailVerified: claims["email_verified"]?.bool ?? false,
            groups: try await groups(of: email, session))
    }

    /// Dex looks at the required groups only if the client asks for groups.
    private func groups(of email: String, _ session: OAuthSession) async throws(ConnectorError) -> [String] {
        guard session.asked.groups || !groups.isEmpty else { return [] }
        guard let directory else {
            guard groups.isEmpty else { throw .unavailable("groups are required, and no directory is configured") }
            return []
        }
        return try session.required(groups, of: try await directory.groups(of: email, transitively: fetchesTransitively))
    }
}

/// An OpenID Provider whose tokens can be checked.
public protocol TokenIssuing: Sendable {
    func endpoints() async throws(ConnectorError) -> OAuthEndpoints
    /// The claims of an ID token whose signature, issuer, audience, times and nonce are right.
    /// - Parameter nonce: nil at a refresh.
    func claims(of idToken: String, nonce: String?) async throws(ConnectorError) -> JSONObject
    /// Why it could not renew what it goes on using; nil if all is well.
    var concern: String? { get }
}

extension TokenIssuing {
    public var concern: String? { nil }
}
