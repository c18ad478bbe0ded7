/// Where identities come from. What a connector can do is told by the protocols below that it conforms to.
public protocol Connector: Sendable {}

/// A connector that checks a name and a password typed into our form.
public protocol PasswordConnector: Connector {
    /// What the name is called on the form: "Email Address", "Username".
    var usernamePrompt: UsernamePrompt { get }
    /// - Returns: nil for an unknown name or a wrong password alike, after the same work.
    func authenticate(username: String, password: String, scopes: [String]) async throws(ConnectorError) -> ConnectorIdentity?
}

/// A connector that sends the browser elsewhere and gets it back with an answer.
public protocol CallbackConnector: Connector {
    /// Where to send the browser.
    /// - Parameters:
    ///   - callbackURL: where it must come back to.
    ///   - state: must come back unchanged.
    func loginURL(callbackURL: String, state: String, scopes: [String]) async throws(ConnectorError) -> String
    /// Who came back.
    func identity(
        from parameters: RequestParameters, callbackURL: String, scopes: [String]
    ) async throws(ConnectorError) -> ConnectorIdentity
}

/// A connector that can be asked again about somebody who is not there: refresh tokens need it.
public protocol RefreshConnector: Connector {
    /// - Throws: ``ConnectorError/gone(_:)`` when the person may no longer log in.
    func refresh(
        _ identity: Identity, connectorData: [UInt8]?, scopes: [String]
    ) async throws(ConnectorError) -> ConnectorIdentity
}

public enum UsernamePrompt: Sendable, Hashable {
    case email
    case username
    case custom(String)
}

/// What a connector says of somebody it has recognized.
public struct ConnectorIdentity: Sendable, Hashable {
    public var identity: Identity
    public var connectorData: [UInt8]?
    /// Claim `amr` (RFC 8176).
    public var methods: [String]

    public init(identity: Identity, connectorData: [UInt8]? = nil, methods: [String]) {
        self.identity = identity
        self.connectorData = connectorData
        self.methods = methods
    }
}

/// Texts are for operators.
public enum ConnectorError: Error, Sendable, Hashable {
    /// Cannot be asked now; asking later may help.
    case unavailable(String)
    /// Too many wait already: answer `503`.
    case overloaded
    /// The person is known and may not log in, or is known no more.
    case gone(String)
    /// The answer from elsewhere cannot be accepted.
    case refused(String)
}
