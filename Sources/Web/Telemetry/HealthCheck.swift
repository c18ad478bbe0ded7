/// Something that must work for the server to be of use: storage, a signing key.
public struct HealthCheck: Sendable {
    /// Its key in the answer of `/healthz/ready`.
    public let name: String
    /// Throws when it does not work. Quick, and without lasting effects: it runs at every probe.
    public let run: @Sendable () async throws -> Void

    public init(name: String, run: @escaping @Sendable () async throws -> Void) {
        self.name = name
        self.run = run
    }
}
