/// How much one client may take of the server.
public struct GRPCLimits: Sendable, Hashable {
    /// Bytes of one message: past that the call fails. Default 1 MiB.
    public var messageBytes = 1 << 20
    /// Bytes of messages that are not answered yet on one connection: past that a call fails. Default 4 MiB.
    public var connectionBytes = 4 << 20
    /// The same on all connections together. Default 64 MiB.
    public var heldBytes = 64 << 20
    /// Calls in flight on one connection; more wait at the client. Default 1024.
    public var concurrentCalls = 1024
    /// Bytes of a call's metadata, uncompressed and with 32 more for each field. Default 16 KiB.
    public var headerBytes = 16 << 10
    /// Seconds from the beginning of a call to the end of its message. Default 10.
    public var requestSeconds = 10
    /// Seconds without a call after which a connection is ended, and after which a silent client is asked whether it lives.
    /// Default 300.
    public var idleSeconds = 300
    /// Seconds that calls in flight have to finish once a connection is to end. Default 20.
    public var drainSeconds = 20

    public init() {}
}
