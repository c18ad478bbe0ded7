import Bytes
import Upstream

/// What an operator says of an OpenID Connect provider. The names are those of Dex's keys.
public struct OIDCSettings: Sendable {
    public var issuer: String
    /// Nil: a public client there.
    public var clientSecret: String?
    public var clientID: String
    /// Beside `openid`, in order.
    public var scopes: [String] = ["profile", "email"]
    /// Nil: as the provider's discovery document says.
    public var sendsSecretInForm: Bool?
    /// Nil: as the provider's discovery document says.
    public var challenge: OIDCChallenge?
    public var acrValues: [String] = []
    /// `prompt` when our client asks for offline access; nil for none.
    public var promptType: String? = "consent"
    /// Whether the userinfo endpoint is asked too; what it says wins.
    public var asksUserInfo = false
    public var claims = OIDCClaimRules()
    /// Whether people who log out here are logged out there, where the provider announces it.
    public var endsSessions = true

    public init(issuer: String, clientID: String, clientSecret: String?) {
        self.issuer = issuer
        self.clientID = clientID
        self.clientSecret = clientSecret
    }
}

/// How a code is bound to the request that it answers (RFC 7636 §4.2).
public enum OIDCChallenge: String, Sendable, Hashable {
    case S256
    case plain
    /// No challenge.
    case none

    /// The best that a provider announces; none where it announces none, as in Dex.
    init(announced methods: [String]) {
        self = methods.containsExactly("S256") ? .S256 : methods.containsExactly("plain") ? .plain : .none
    }
}
