import Bytes
public import OpenIDConnect

/// Dex's `mockCallback`: comes back at once as Kilgore Trout. For tests of applications, never for people.
public struct MockCallbackConnector: CallbackConnector, RefreshConnector {
    public init() {}

    static let identity = Identity(
        userID: "0-385-28089-0", username: "Kilgore Trout", email: "kilgore@kilgore.trout", emailVerified: true,
        groups: ["authors"])

    public func destination(for visit: ConnectorVisit) async throws(ConnectorError) -> ConnectorDestination {
        .address(visit.callbackURL + "?state=" + (try visit.state()))
    }

    public func identity(from answer: ConnectorAnswer) async throws(ConnectorError) -> ConnectorIdentity {
        ConnectorIdentity(identity: Self.identity, methods: [])
    }

    public func refresh(
        _ identity: Identity, connectorData: [UInt8]?, scopes: [String]
    ) async throws(ConnectorError) -> ConnectorIdentity {
        ConnectorIdentity(identity: Self.identity, methods: [])
    }
}

/// Dex's `mockPassword`: one name and one password, the same person, without groups.
public struct MockPasswordConnector: PasswordConnector, RefreshConnector {
    private let username: String
    private let password: String

    public init(username: String, password: String) {
        self.username = username
        self.password = password
    }

    public var usernamePrompt: UsernamePrompt { .username }

    private var found: ConnectorIdentity {
        var identity = MockCallbackConnector.identity
        identity.groups = []
        return ConnectorIdentity(identity: identity, methods: ["pwd"])
    }

    public func authenticate(
        username: String, password: String, scopes: [String]
    ) async throws(ConnectorError) -> ConnectorIdentity? {
        username.hasSameBytes(as: self.username) && password.hasSameBytes(as: self.password) ? found : nil
    }

    public func refresh(
        _ identity: Identity, connectorData: [UInt8]?, scopes: [String]
    ) async throws(ConnectorError) -> ConnectorIdentity {
        found
    }
}
