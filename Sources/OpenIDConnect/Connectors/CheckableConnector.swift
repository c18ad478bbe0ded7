/// A connector that can find out by itself whether it could sign people in now. Nobody waits for the answer: it is a line in
/// the log when the provider starts.
public protocol CheckableConnector: Connector {
    /// - Throws: why not, for operators.
    func check() async throws(ConnectorError)
}

/// A connector that keeps what it reads elsewhere: files, the metadata of another server. It is checked as long as it is in use,
/// so that it renews in time what it keeps.
public protocol RenewableConnector: CheckableConnector {
    /// Reads everything again now. What was read before stays in use where that fails.
    func renew() async
    /// Why it could not renew what it goes on using, for operators; nil if all is well.
    var concern: String? { get }
}
