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
    func destination(for visit: ConnectorVisit) async throws(ConnectorError) -> ConnectorDestination
    /// Who came back.
    func identity(from answer: ConnectorAnswer) async throws(ConnectorError) -> ConnectorIdentity
}

/// A connector whose answer the browser brings by a POST from the other site, as SAML has it.
///
/// Browsers send such a request without the cookie that a sign-in is bound to (`SameSite=Lax`). So the answer is verified first,
/// against the sealed sign-in alone, and the browser is then sent to an address of ours, where its cookie must fit.
public protocol PostedAnswerConnector: CallbackConnector {
    /// The state of ``ConnectorVisit`` where it comes back inside of the answer and not beside it.
    func state(in parameters: RequestParameters) async -> String?
}

extension PostedAnswerConnector {
    public func state(in parameters: RequestParameters) async -> String? { nil }
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
    @Exact public var methods: [String]
    /// What a ``LogoutConnector`` has to know when the person logs out. It stays sealed in the browser, where there is room for
    /// about 2 KiB; nil if there is nothing to be ended at the other site.
    @Exact public var logoutMemory: String?

    public init(identity: Identity, connectorData: [UInt8]? = nil, methods: [String], logoutMemory: String? = nil) {
        self.identity = identity
        self.connectorData = connectorData
        self.methods = methods
        self.logoutMemory = logoutMemory
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
    /// The person has proven who they are and may not log in, for a reason that they should know.
    case denied(LoginDenial, String)
}

extension ConnectorError {
    /// The text for the operator.
    public var detail: String {
        switch self {
        case .unavailable(let text), .gone(let text), .refused(let text), .denied(_, let text): text
        case .overloaded: "too many wait already"
        }
    }
}

/// What a person who has proven who they are is told. Never used before that: it would tell strangers who has an account.
public enum LoginDenial: String, Sendable, Hashable, CaseIterable {
    case accountDisabled, accountLocked, accountExpired, passwordExpired, outsideLogonHours
    /// As ``passwordExpired``, and it can be changed here: see ``PasswordChangeConnector``.
    case mustChangePassword
    /// Not in any of the groups, organizations, tenants or domains that the configuration asks for.
    case notAMember
    /// The identity provider has no (verified) e-mail address or another value that is needed.
    case incompleteProfile
    /// The person said no at the identity provider.
    case declined
}
