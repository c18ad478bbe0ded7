/// A connector whose other site sends messages about logouts through the browser: that somebody logs out there, or has been
/// logged out there as we asked (``LogoutConnector``).
public protocol LogoutMessageConnector: Connector {
    /// - Throws: ``ConnectorError/refused(_:)`` for what is not proven to be of the other site, for us, for now and for once.
    func read(_ message: LogoutMessage) async throws(ConnectorError) -> LogoutNotice
}

/// A message as the browser has brought it.
public struct LogoutMessage: Sendable {
    /// As it stood in the address: signatures cover it byte for byte.
    public let rawQuery: String
    /// Of the form if there was one, otherwise of the query.
    public let parameters: RequestParameters
    public let isPost: Bool

    public init(rawQuery: String, parameters: RequestParameters, isPost: Bool) {
        self.rawQuery = rawQuery
        self.parameters = parameters
        self.isPost = isPost
    }
}

/// What a message says.
public enum LogoutNotice: Sendable {
    case request(LogoutOrder)
    /// The answer to a visit with this ``LogoutVisit/state``; `problem` is what did not go well there, for the operator.
    case response(state: String, problem: String?)
}

/// Somebody logs out at the other site.
public struct LogoutOrder: Sendable {
    /// ``Identity/userID``
    public let userID: String
    /// Whether it is meant for a login with such ``ConnectorIdentity/connectorData``.
    public let covers: @Sendable ([UInt8]?) -> Bool
    /// Where the browser takes our answer when it is done; nil if the other site wants none.
    public let answer: @Sendable () async throws(ConnectorError) -> ConnectorDestination?

    public init(
        userID: String, covers: @escaping @Sendable ([UInt8]?) -> Bool,
        answer: @escaping @Sendable () async throws(ConnectorError) -> ConnectorDestination?
    ) {
        self.userID = userID
        self.covers = covers
        self.answer = answer
    }
}
