/// A connector that can end the session that its people have at the other site.
///
/// What it has to know for that comes from the login (``ConnectorIdentity/logoutMemory``) and stays, sealed, in the browser.
public protocol LogoutConnector: Connector {
    /// Where the browser ends the session.
    /// - Returns: nil when the other site offers no such address.
    func logoutDestination(for visit: LogoutVisit) async throws(ConnectorError) -> ConnectorDestination?
}

/// A browser that is about to end a session at another site.
public struct LogoutVisit: Sendable {
    /// What the connector said at the login.
    public let memory: String
    /// Where the browser must come back to.
    public let callbackURL: String
    /// What must come back unchanged: 32 hexadecimal digits, new each time.
    public let state: String

    public init(memory: String, callbackURL: String, state: String) {
        self.memory = memory
        self.callbackURL = callbackURL
        self.state = state
    }
}
