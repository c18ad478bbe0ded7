public import JOSE

/// Signs away from the event loop.
public protocol TokenSigner: Sendable {
    /// Runs `body` with the key that signs now, on a thread that may be busy for a while.
    func sign<Value: Sendable>(_ body: @escaping @Sendable (SigningKey) throws -> Value) async throws(SigningError) -> Value
}

public enum SigningError: Error, Sendable, Hashable {
    /// Too many signatures wait already: answer `503`.
    case overloaded
    /// For the log.
    case failed(String)
}
