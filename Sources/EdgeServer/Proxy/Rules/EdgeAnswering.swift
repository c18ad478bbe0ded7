public import Edge

/// Decides about a request: whether it goes on and with which headers, or what the client is told instead.
public protocol EdgeAnswering: Sendable {
    /// What can be said without waiting; nil: ask ``answer(_:)``. Called on event loops.
    func answerNow(_ request: EdgeRequest) -> EdgeAnswer?

    func answer(_ request: EdgeRequest) async -> EdgeAnswer
}
