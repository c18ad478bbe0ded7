/// A connector that can find out by itself whether it could sign people in now. Nobody waits for the answer: it is a line in
/// the log when the provider starts.
public protocol CheckableConnector: Connector {
    /// - Throws: why not, for operators.
    func check() async throws(ConnectorError)
}
