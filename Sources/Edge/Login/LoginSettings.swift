public import Bytes

/// How browsers are led to the provider and back.
public struct LoginSettings: Sendable, Hashable {
    /// Where the code is sent.
    public enum RedirectURI: Sendable, Hashable {
        /// An address, or a path alone, sent to the provider as it is.
        case fixed(String)
        /// `{prefix}/callback` at the host where the login began, if it is one of the allowed hosts; otherwise at this origin.
        case host(otherwise: String?)
    }

    /// Where the provider sends the code, and the page behind its logout, below ``prefix``.
    public static let callbackPage = "/callback"
    public static let signedOutPage = "/signed_out"

    public var prefix = "/oauth2"
    public var clientID: String
    public var scopes: [String] = ["openid", "email", "profile", "groups", "offline_access"]
    /// `prompt` of the request; nil: none.
    public var prompt: String?
    /// Further parameters of the authorization request, such as `acr_values` or `hd`.
    public var parameters: [ExactText: String] = [:]
    public var redirectURI: RedirectURI
    public var targets: RedirectTargets
    public var session: SessionSettings
    /// Whether browsers meet a page with a button before they are sent to the provider.
    public var showsPage = false
    /// Whether the browser is sent to the provider's logout after ours.
    public var endsProviderSession = true

    public init(clientID: String, redirectURI: RedirectURI, targets: RedirectTargets, session: SessionSettings) {
        self.clientID = clientID
        self.redirectURI = redirectURI
        self.targets = targets
        self.session = session
        prefix = targets.prefix
    }
}
